/** Numbers texts in the order in which they are first seen, from 0. */
export class Interned {
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []
  readonly #most: number

  /** `most`: how many texts have numbers of their own; all others share the last. */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  get size(): number {
    return this.#texts.length
  }

  of(text: string): number {
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    if (this.#texts.length >= this.#most) return this.#most - 1
    this.#numbers.set(text, this.#texts.length)
    this.#texts.push(text)
    return this.#texts.length - 1
  }

  /** The texts from number `first` on. */
  since(first: number): string[] {
    return this.#texts.slice(first)
  }
}
