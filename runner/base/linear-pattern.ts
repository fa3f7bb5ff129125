/**
 * Patterns that are matched in time proportional to the text, whatever they are: all ways through a pattern are walked at
 * once, and none is tried again (Thompson, Programming Techniques: Regular expression search algorithm, 1968). What
 * would need trying again, as back-references and look-arounds, they do not have.
 */
export interface LinearPattern {
  /** Whether some part of the text matches. */
  matches(text: string): boolean
}

/** A pattern that cannot be read; `message` says why. */
export class PatternError extends Error {
  override name = 'PatternError'
}

type Test = (code: number) => boolean

type Instruction =
  | { do: 'take'; test: Test }
  | { do: 'split'; to: number[] }
  | { do: 'at'; place: 'start' | 'end' | 'word' | 'inside' }
  | { do: 'done' }

/** What a pattern may come to: repeats are written out. */
const MOST_INSTRUCTIONS = 2000
const MOST_REPEATS = 1000

const isDigit: Test = (code) => code >= 48 && code <= 57
const isWord: Test = (code) => isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95
const isSpace: Test = (code) => code === 32 || (code >= 9 && code <= 13) || code === 0xa0
const not =
  (test: Test): Test =>
  (code) =>
    !test(code)
const CLASSES: Readonly<Record<string, Test>> = {
  d: isDigit,
  w: isWord,
  s: isSpace,
  D: not(isDigit),
  W: not(isWord),
  S: not(isSpace),
}
const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r' }

/** Reads a pattern. Throws PatternError. */
export function linearPattern(source: string): LinearPattern {
  const program = new Reader(source).read()
  return { matches: (text) => run(program, text) }
}

/** A piece of a program whose jumps count from its own beginning. */
type Piece = Instruction[]

/** Reads a pattern from left to right: alternatives of sequences of repeated atoms. */
class Reader {
  readonly #source: string
  #at = 0
  #size = 0

  constructor(source: string) {
    this.#source = source
  }

  read(): Piece {
    const piece = this.#alternatives()
    if (this.#at < this.#source.length) throw new PatternError('a `)` closes nothing')
    return [...piece, { do: 'done' }]
  }

  get #next(): string | undefined {
    return this.#source[this.#at]
  }

  #take(): string {
    const char = this.#source[this.#at] ?? ''
    this.#at += 1
    return char
  }

  #alternatives(): Piece {
    const first = this.#sequence()
    if (this.#next !== '|') return first
    this.#take()
    const rest = this.#alternatives()
    return this.#grown([
      { do: 'split', to: [1, first.length + 2] },
      ...moved(first, 1),
      { do: 'split', to: [first.length + 2 + rest.length] },
      ...moved(rest, first.length + 2),
    ])
  }

  #sequence(): Piece {
    let piece: Piece = []
    while (this.#next !== undefined && this.#next !== '|' && this.#next !== ')') {
      piece = this.#grown([...piece, ...moved(this.#repeated(), piece.length)])
    }
    return piece
  }

  #repeated(): Piece {
    let piece = this.#atom()
    for (;;) {
      const bounds = this.#bounds()
      if (bounds === undefined) return piece
      // Whether it takes much or little makes no difference to whether it matches.
      if (this.#next === '?') this.#take()
      piece = this.#times(piece, ...bounds)
    }
  }

  #bounds(): [least: number, most: number] | undefined {
    const braces = /^\{(\d{1,4})(,(\d{0,4}))?\}/.exec(this.#source.slice(this.#at))
    if (braces) {
      this.#at += braces[0].length
      const least = Number(braces[1])
      const most = braces[2] === undefined ? least : braces[3] ? Number(braces[3]) : Number.POSITIVE_INFINITY
      if (least > most) throw new PatternError(`${braces[0]} asks for fewer at most than at least`)
      if (Math.max(least, Number.isFinite(most) ? most : 0) > MOST_REPEATS)
        throw new PatternError(`${braces[0]} repeats more than ${MOST_REPEATS} times`)
      return [least, most]
    }
    const bounds = { '*': [0, Number.POSITIVE_INFINITY], '+': [1, Number.POSITIVE_INFINITY], '?': [0, 1] } as const
    const found = this.#next === '*' || this.#next === '+' || this.#next === '?' ? bounds[this.#next] : undefined
    if (found) this.#take()
    return found && [...found]
  }

  #times(piece: Piece, least: number, most: number): Piece {
    let all: Piece = []
    const add = (more: Piece) => {
      all = this.#grown([...all, ...moved(more, all.length)])
    }
    for (let time = 0; time < least; time += 1) add(piece)
    const end = piece.length + 1
    if (most === Number.POSITIVE_INFINITY)
      add([{ do: 'split', to: [1, end + 1] }, ...moved(piece, 1), { do: 'split', to: [0] }])
    else for (let time = least; time < most; time += 1) add([{ do: 'split', to: [1, end] }, ...moved(piece, 1)])
    return all
  }

  #atom(): Piece {
    const char = this.#take()
    switch (char) {
      case '(':
        return this.#group()
      case '[':
        return [{ do: 'take', test: this.#set() }]
      case '.':
        return [{ do: 'take', test: () => true }]
      case '^':
        return [{ do: 'at', place: 'start' }]
      case '$':
        return [{ do: 'at', place: 'end' }]
      case '*':
      case '+':
      case '?':
        throw new PatternError(`\`${char}\` repeats nothing; the character itself is \`\\${char}\``)
      case '\\':
        return this.#escape()
      default:
        return [{ do: 'take', test: isChar(char) }]
    }
  }

  #group(): Piece {
    if (this.#next === '?') {
      const kind = this.#source.slice(this.#at, this.#at + 2)
      if (kind !== '?:')
        throw new PatternError(`\`(${kind}\` is not supported: there are no look-arounds and no named groups`)
      this.#at += 2
    }
    const piece = this.#alternatives()
    if (this.#take() !== ')') throw new PatternError('a `(` is not closed')
    return piece
  }

  #escape(): Piece {
    const char = this.#take()
    if (char === '') throw new PatternError('it ends in a backslash')
    if (char === 'b' || char === 'B') return [{ do: 'at', place: char === 'b' ? 'word' : 'inside' }]
    return [{ do: 'take', test: this.#escaped(char) }]
  }

  #escaped(char: string): Test {
    const known = CLASSES[char]
    if (known) return known
    if (/[1-9]/.test(char)) throw new PatternError(`\`\\${char}\` is not supported: there are no back-references`)
    if (/[A-Za-z0-9]/.test(char) && CONTROLS[char] === undefined)
      throw new PatternError(`\`\\${char}\` has no meaning here`)
    return isChar(CONTROLS[char] ?? char)
  }

  #set(): Test {
    const isNot = this.#next === '^'
    if (isNot) this.#take()
    const tests: Test[] = []
    do {
      if (this.#next === undefined) throw new PatternError('a `[` is not closed')
      tests.push(this.#setItem())
    } while (this.#next !== ']')
    this.#take()
    const isIn: Test = (code) => tests.some((test) => test(code))
    return isNot ? not(isIn) : isIn
  }

  #setItem(): Test {
    const first = this.#take()
    if (first === '\\') return this.#escaped(this.#take())
    if (this.#next !== '-' || this.#source[this.#at + 1] === ']' || this.#source[this.#at + 1] === undefined)
      return isChar(first)
    this.#take()
    const last = this.#take()
    if (last < first) throw new PatternError(`\`[${first}-${last}]\` is the wrong way round`)
    const [from, to] = [first.charCodeAt(0), last.charCodeAt(0)]
    return (code) => code >= from && code <= to
  }

  #grown(piece: Piece): Piece {
    this.#size = Math.max(this.#size, piece.length)
    if (this.#size > MOST_INSTRUCTIONS) throw new PatternError('it is too large: its repeats come to too much')
    return piece
  }
}

function isChar(char: string): Test {
  const wanted = char.charCodeAt(0)
  return (code) => code === wanted
}

function moved(piece: Piece, by: number): Piece {
  if (by === 0) return piece
  return piece.map((one) => (one.do === 'split' ? { do: 'split', to: one.to.map((to) => to + by) } : one))
}

/** Walks all ways at once, from every place of the text. */
function run(program: Piece, text: string): boolean {
  let ways = new Set<number>()
  for (let at = 0; at <= text.length; at += 1) {
    follow(program, 0, text, at, ways)
    const next = new Set<number>()
    for (const way of ways) {
      const one = program[way]
      if (one?.do === 'done') return true
      if (one?.do === 'take' && at < text.length && one.test(text.charCodeAt(at))) next.add(way + 1)
    }
    ways = new Set()
    for (const way of next) follow(program, way, text, at + 1, ways)
  }
  return false
}

/** Adds what can be reached from here without taking a character. */
function follow(program: Piece, from: number, text: string, at: number, ways: Set<number>): void {
  const open = [from]
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    if (ways.has(way)) continue
    ways.add(way)
    const one = program[way]
    if (one?.do === 'split') open.push(...one.to)
    else if (one?.do === 'at' && isAt(one.place, text, at)) open.push(way + 1)
  }
}

function isAt(place: 'start' | 'end' | 'word' | 'inside', text: string, at: number): boolean {
  if (place === 'start') return at === 0
  if (place === 'end') return at === text.length
  const isBoundary = isWordAt(text, at - 1) !== isWordAt(text, at)
  return place === 'word' ? isBoundary : !isBoundary
}

function isWordAt(text: string, at: number): boolean {
  return at >= 0 && at < text.length && isWord(text.charCodeAt(at))
}
