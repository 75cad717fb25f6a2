"""Trust: under load, faults and hostile input nothing breaks, leaks or is lost.

Each module is a script, `python -m tests.trust.NAME`, that prints what it measured and exits with 1
where a law was broken; the tests beside them run a small, seeded part of the same.

    guarded      the app as a process that notes what it opens and whom it calls
    server       starts one, asks it, stops it
    calls        a good call of everything the page and the endpoints offer, and its right answer
    hostile      calls that nobody should send
    fuzz         thousands of hostile calls; good ones in between are answered right
    load         throughput and waiting times, fairness, oversized bodies
    isolation    many visitors at once, each with a drawing of their own
    endurance    many requests; memory, files, descriptors and threads afterwards
    startup      what importing the app and starting it costs
    matrix       the tests with the oldest and the newest versions that are admitted
    scale_out    two instances behind nginx, one of which is killed
"""
