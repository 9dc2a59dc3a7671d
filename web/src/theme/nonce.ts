/** What a style element needs so that the content security policy lets it in; new with each page. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

// The library that keeps the page still behind a dialog writes a style element too and looks for its nonce here.
Object.assign(globalThis, { __webpack_nonce__: nonce });
