"""A variational autoencoder on MNIST (Kingma & Welling, 2013), from scratch in PyTorch.

Read it in this order:

    model          the encoder, the latent Gaussian, the decoder; layers are their building blocks
    loss           the negative ELBO and its two terms
    data           MNIST as one tensor, and batches of it; augmentation changes them
    training       one epoch at a time, resumable; density_ratio is an extra term of its loss
    mixture        the aggregate posterior as a mixture of Gaussians
    evaluation     the test ELBO and the importance-weighted likelihood
    history        what a training run keeps of itself, for the page to show how a model learned
    storage        a weights folder on disk; run_folder is the one that a training writes
    framing        a drawing becomes the image MNIST's makers would have made of it
    inference      encode, decode, sample, interpolate, traverse
    render         tensors become PNG pictures and animations
    ui             the page
"""
