// Last: bring to life the parts of the page that were there before these scripts.

vae.waiting.forEach((part) => vae.mount(...part));
