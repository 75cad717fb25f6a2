"""A variational autoencoder on MNIST (Kingma & Welling, 2013), from scratch in PyTorch.

Read it in this order:

    model       the encoder, the latent Gaussian, the decoder
    loss        the negative ELBO and its two terms
    data        MNIST as one tensor, batches, augmentation
    training    one epoch at a time, resumable
    evaluation  the test ELBO and the importance-weighted likelihood
    framing     a drawing becomes the image MNIST's makers would have made of it
    inference   encode, decode, reconstruct, sample, interpolate, traverse
    render      tensors become PNG pictures and animations
    ui          the page
"""
