import { canonicalName } from './headerNames.ts';

/**
 * The header fields of one message, in order. Names compare without case and compact forms are
 * spelled out. Values are byte strings (latin1), so that what was received is echoed bit by bit.
 */
export class Headers implements Iterable<readonly [string, string]> {
  #fields: (readonly [string, string])[] = [];

  /** Number of header lines. */
  get size(): number {
    return this.#fields.length;
  }

  /** The first value, or undefined. */
  get(name: string): string | undefined {
    const wanted = canonicalName(name).toLowerCase();
    return this.#fields.find(([own]) => own.toLowerCase() === wanted)?.[1];
  }

  /** The values of every line with this name. */
  getAll(name: string): string[] {
    const wanted = canonicalName(name).toLowerCase();
    return this.#fields.filter(([own]) => own.toLowerCase() === wanted).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  append(name: string, value: string): this {
    this.#fields.push([canonicalName(name), value]);
    return this;
  }

  prepend(name: string, value: string): this {
    this.#fields.unshift([canonicalName(name), value]);
    return this;
  }

  /** Replaces the first line of this name where it stands and drops the others. */
  set(name: string, value: string): this {
    const own = canonicalName(name);
    const at = this.#fields.findIndex(([key]) => key.toLowerCase() === own.toLowerCase());
    if (at < 0) return this.append(own, value);
    this.#fields = this.#fields.filter(
      ([key], index) => index === at || key.toLowerCase() !== own.toLowerCase(),
    );
    this.#fields[at] = [own, value];
    return this;
  }

  /** Replaces only the first line of this name (the topmost Via). */
  replaceFirst(name: string, value: string): this {
    const own = canonicalName(name);
    const at = this.#fields.findIndex(([key]) => key.toLowerCase() === own.toLowerCase());
    if (at < 0) return this.prepend(own, value);
    this.#fields[at] = [own, value];
    return this;
  }

  remove(name: string): this {
    const wanted = canonicalName(name).toLowerCase();
    this.#fields = this.#fields.filter(([own]) => own.toLowerCase() !== wanted);
    return this;
  }

  clone(): Headers {
    const copy = new Headers();
    copy.#fields = [...this.#fields];
    return copy;
  }

  [Symbol.iterator](): Iterator<readonly [string, string]> {
    return this.#fields[Symbol.iterator]();
  }
}
