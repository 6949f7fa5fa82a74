// Paths inside volumes: relative, and never upwards.
// Invariant: one error for any number of `..`, as upstream words it.
// Called by: containers.ts, volumes.ts. Next on the way: volumes.ts.

import { type FieldError, fieldError } from "../../meta/fielderrors.ts";

export function backstepErrors(field: string, path: string): FieldError[] {
  return path.split("/").includes("..") ? [fieldError.invalid(field, path, "must not contain '..'")] : [];
}

export function relativePathErrors(field: string, path: string): FieldError[] {
  const absolute = path.startsWith("/") ? [fieldError.invalid(field, path, "must be a relative path")] : [];
  return [...absolute, ...backstepErrors(field, path)];
}

/** Names that start with two dots are the volume's own. */
export function filePathErrors(field: string, path: string): FieldError[] {
  const errors = relativePathErrors(field, path);
  if (path.startsWith("..") && !path.startsWith("../")) errors.push(fieldError.invalid(field, path, "must not start with '..'"));
  return errors;
}

export function modeErrors(field: string, mode: number | undefined): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [fieldError.invalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive")];
}
