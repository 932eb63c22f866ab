// Problems of one document, gathered while it is read.

import type { Problem, Severity } from '../base/problems.ts';
import type { Path, YamlDocument } from '../lists/yaml/document.ts';

export interface Finder {
  readonly document: YamlDocument;
  readonly problems: Problem[];
  error(code: string, message: string, path: Path): void;
  warn(code: string, message: string, path: Path): void;
}

export function newFinder(document: YamlDocument, problems: Problem[] = []): Finder {
  const add = (severity: Severity) => (code: string, message: string, path: Path) => {
    problems.push({ code, severity, message, where: document.place(path) });
  };
  return { document, problems, error: add('error'), warn: add('warning') };
}
