// A set of paths, as a tree: which fields of an object somebody owns, or a change has touched.
// Invariant: a path may be in the set without its descendants and the other way round; nobody owns the root; a set that was shared is never changed.
// Called by: everything in apply/. Next on the way: fieldsv1.ts (as text), compare.ts (how sets come to be).

import { compareElements, type Element } from "./element.ts";

export class FieldSet {
  /** Steps that are themselves in the set. */
  readonly members = new Set<Element>();
  /** Steps below which something is. */
  readonly children = new Map<Element, FieldSet>();
  /** Its text, once somebody wrote it: fieldsv1.ts. */
  text: string | undefined = undefined;

  static of(...paths: readonly (readonly Element[])[]): FieldSet {
    const set = new FieldSet();
    for (const path of paths) set.insert(path);
    return set;
  }

  insert(path: readonly Element[]): void {
    const last = path.at(-1);
    if (last === undefined) return;
    path
      .slice(0, -1)
      .reduce<FieldSet>((node, element) => node.child(element), this)
      .members.add(last);
  }

  /** The subtree below a step, made if it is not there. */
  child(element: Element): FieldSet {
    let child = this.children.get(element);
    if (child === undefined) this.children.set(element, (child = new FieldSet()));
    return child;
  }

  has(path: readonly Element[]): boolean {
    const [first, ...rest] = path;
    if (first === undefined) return false;
    return rest.length === 0 ? this.members.has(first) : (this.children.get(first)?.has(rest) ?? false);
  }

  get empty(): boolean {
    if (this.members.size > 0) return false;
    for (const child of this.children.values()) if (!child.empty) return false;
    return true;
  }

  union(other: FieldSet): FieldSet {
    if (this.covers(other)) return this;
    const out = new FieldSet();
    for (const member of this.members) out.members.add(member);
    for (const member of other.members) out.members.add(member);
    for (const [element, child] of this.children) {
      const match = other.children.get(element);
      out.children.set(element, match ? child.union(match) : child);
    }
    for (const [element, child] of other.children) if (!this.children.has(element)) out.children.set(element, child);
    return out;
  }

  /** Has this set every path of the other? */
  covers(other: FieldSet): boolean {
    if (this === other) return true;
    for (const member of other.members) if (!this.members.has(member)) return false;
    for (const [element, child] of other.children) {
      const match = this.children.get(element);
      if (match === undefined ? !child.empty : !match.covers(child)) return false;
    }
    return true;
  }

  /** Is there a path that both have? */
  touches(other: FieldSet): boolean {
    const [small, large] = this.members.size < other.members.size ? [this, other] : [other, this];
    for (const member of small.members) if (large.members.has(member)) return true;
    for (const [element, child] of other.children) {
      const match = this.children.get(element);
      if (match?.touches(child)) return true;
    }
    return false;
  }

  intersection(other: FieldSet): FieldSet {
    const out = new FieldSet();
    for (const member of this.members) if (other.members.has(member)) out.members.add(member);
    for (const [element, child] of this.children) {
      const match = other.children.get(element);
      if (match) out.attach(element, child.intersection(match));
    }
    return out;
  }

  /** Without the paths of `other`; what lies below such a path stays. */
  difference(other: FieldSet): FieldSet {
    return this.touches(other) ? this.#without(other, false) : this;
  }

  /** Without the paths of `other` and everything below them. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.#without(other, true);
  }

  #without(other: FieldSet, recursive: boolean): FieldSet {
    if (other.members.size === 0 && other.children.size === 0) return this;
    const out = new FieldSet();
    for (const member of this.members) if (!other.members.has(member)) out.members.add(member);
    for (const [element, child] of this.children) {
      if (recursive && other.members.has(element)) continue;
      const match = other.children.get(element);
      out.attach(element, match ? child.#without(match, recursive) : child);
    }
    return out;
  }

  attach(element: Element, child: FieldSet): void {
    if (!child.empty) this.children.set(element, child);
  }

  /** Every path in upstream's order: first the members of a level, then what is below. */
  *paths(prefix: readonly Element[] = []): Generator<readonly Element[]> {
    for (const member of [...this.members].sort(compareElements)) yield [...prefix, member];
    for (const element of [...this.children.keys()].sort(compareElements)) {
      yield* this.children.get(element)!.paths([...prefix, element]);
    }
  }
}
