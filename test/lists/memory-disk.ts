// A disk made of texts and bytes, for readers that are handed one.

import type { Disk } from '../../src/lists/disk.ts';

export function memoryDisk(files: Readonly<Record<string, string | Uint8Array>>, mode = 0o640): Disk {
  return {
    list(folder) {
      const below = Object.keys(files).filter((file) => file.startsWith(`${folder}/`));
      if (below.length === 0) return undefined;
      return [...new Set(below.map((file) => file.slice(folder.length + 1).split('/')[0]))].sort();
    },
    open(file) {
      const content = files[file];
      if (content === undefined) return undefined;
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      let at = 0;
      return {
        sizeBytes: bytes.length,
        mode,
        read(into) {
          const part = bytes.subarray(at, at + into.length);
          into.set(part);
          at += part.length;
          return part.length;
        },
        close() {},
      };
    },
  };
}
