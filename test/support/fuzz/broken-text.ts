import type { Dice } from './dice.ts'

/** Breaks the lines of a text as disks, editors and merges do: bytes, lines, an end that is missing. */
export function brokenLines(text: string, dice: Dice): string {
  switch (dice.below(6)) {
    case 0:
      return flipped(text, dice)
    case 1:
      return text.slice(0, dice.below(text.length))
    default: {
      const lines = text.split('\n')
      for (let times = 1 + dice.below(4); times > 0; times -= 1) moveLines(lines, dice)
      return lines.join('\n')
    }
  }
}

/** Some bytes are others; what is no UTF-8 then is read as any file is. */
export function flipped(text: string, dice: Dice): string {
  const bytes = Buffer.from(text)
  for (let times = 1 + dice.below(4); times > 0; times -= 1) {
    const at = dice.below(bytes.length)
    bytes[at] = dice.below(2) === 0 ? dice.below(256) : (bytes[at] ?? 0) ^ (1 << dice.below(8))
  }
  return bytes.toString()
}

export function moveLines(lines: string[], dice: Dice): void {
  const at = dice.below(lines.length)
  const line = lines[at] ?? ''
  switch (dice.below(4)) {
    case 0:
      lines.splice(at, 1 + dice.below(3))
      break
    case 1:
      lines.splice(at, 0, line)
      break
    case 2:
      lines.splice(at, 1)
      lines.splice(dice.below(lines.length), 0, line)
      break
    default:
      lines[at] = line.slice(0, dice.below(line.length + 1))
  }
}
