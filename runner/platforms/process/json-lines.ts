import { createInterface } from 'node:readline'

/**
 * Calls `onText` with each JSON text, one a line, that comes over this stream. What is no JSON is left out: a writer
 * that was killed may have been in the middle of a line. An error of the stream is its end, which its own events tell.
 */
export function readJsonLines<T>(stream: NodeJS.ReadableStream, onText: (value: T) => void): void {
  createInterface({ input: stream })
    .on('line', (line) => {
      const parsed = parse(line)
      if (parsed) onText(parsed.value)
    })
    // It repeats the errors of its stream, and without a listener they would end this program.
    .on('error', () => undefined)
}

function parse(line: string) {
  try {
    return { value: JSON.parse(line) }
  } catch {
    return undefined
  }
}
