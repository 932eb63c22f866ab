// Where the package lies: this file's folder, `src` or `dist`, stands in it.

export const PACKAGE_ROOT = new URL('../', import.meta.url);
