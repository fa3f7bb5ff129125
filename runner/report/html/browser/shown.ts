import type { PageData } from '../page-data.ts'

/** What the page shows now: always the same on the page of a finished run; one that follows a run gets more of it. */
export class Shown {
  #data: PageData
  readonly #listeners: (() => void)[] = []

  constructor(data: PageData) {
    this.#data = data
  }

  get data(): PageData {
    return this.#data
  }

  show(data: PageData): void {
    this.#data = data
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }
}
