"""The app served to a test or a benchmark.

in_process   on a thread of this process, over small models
process      in a process of its own, which can be stopped and killed
guarded      that process: it notes which files it opens and whom it calls
calls        a good call of everything the page and the endpoints offer, and its right answer
alone        what an answer takes in that process without Gradio around it
"""
