// Last: the look of the page's parts, then life for those that were there before these scripts.

document.head.append(Object.assign(document.createElement("style"), { textContent: vae.styles }));
vae.waiting.forEach((part) => vae.mount(...part));
