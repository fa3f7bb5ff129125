import { UsageError } from '../base/errors.ts'
import { PlainFileError, readPlainFile } from '../base/plain-file.ts'
import { isSecretName, redactor, SHORTEST_SECRET } from '../record/redact.ts'
import type { Output } from './command.ts'
import { type Flags, nameValues, type ParsedLine } from './flags.ts'

/** Flags of every command that reads scenarios. */
export const paramFlags: Flags = {
  set: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'a value for a param of the scenario; may be given several times',
  },
  'set-env': {
    type: 'string',
    multiple: true,
    value: 'NAME=VARIABLE',
    help: 'the same for a secret: its value is that of a variable of the environment, and is shown nowhere',
  },
  'set-file': {
    type: 'string',
    multiple: true,
    value: 'NAME=FILE',
    help: 'the same for a secret that stands in a file',
  },
}

/** Names of `paramFlags`, for the command that plays the same again: it names a variable or file and not the secret. */
export const PARAM_FLAGS = Object.keys(paramFlags)

/** What `paramFlags` say. */
export interface GivenParams {
  /** By name of the param. */
  set: Record<string, string>
  /** Those of them whose values are shown nowhere. */
  secretParams: string[]
  /** Puts `***` in the place of those values. */
  hide(text: string): string
}

/** For commands that have none of `paramFlags`. */
export const NO_PARAMS: GivenParams = { set: {}, secretParams: [], hide: (text) => text }

/** A key, a certificate; what is larger is another file. */
const MOST_BYTES = 65_536

/** Reads `paramFlags`, and what they name. Throws UsageError. */
export function givenParams(line: ParsedLine, out: Pick<Output, 'progress'>): GivenParams {
  const set = nameValues(line, 'set')
  for (const name of Object.keys(set).filter(isSecretName)) {
    out.progress(
      `--set ${name}=… shows the value to whoever lists the processes of this machine: give it with --set-env ${name}=VARIABLE or --set-file ${name}=FILE`,
    )
  }
  const variables = Object.entries(nameValues(line, 'set-env', 'NAME=VARIABLE'))
  const files = Object.entries(nameValues(line, 'set-file', 'NAME=FILE'))
  const secrets = [
    ...variables.map(([name, variable]) => ({ name, value: ofVariable(name, variable), from: `--set-env ${name}` })),
    ...files.map(([name, file]) => ({ name, value: ofFile(name, file), from: `--set-file ${name}` })),
  ]
  // The servers are children of this program, and have no use for it.
  for (const [, variable] of variables) delete process.env[variable]
  for (const { name, value, from } of secrets) {
    if (Object.hasOwn(set, name)) throw new UsageError(`the param ${name} is given twice: once is ${from}`)
    if (value.length < SHORTEST_SECRET) {
      throw new UsageError(
        `${from}: a value of fewer than ${SHORTEST_SECRET} characters cannot be hidden, as it would stand in every other word; give it with --set ${name}=VALUE if it is no secret`,
      )
    }
    set[name] = value
  }
  return {
    set,
    secretParams: secrets.map(({ name }) => name),
    hide: redactor(secrets.map(({ value }) => value)),
  }
}

function ofVariable(name: string, variable: string): string {
  const value = process.env[variable]
  if (value !== undefined && value !== '') return value
  const found = value === undefined ? 'there is no such variable in the environment' : 'that variable is empty'
  throw new UsageError(`--set-env ${name}=${variable}: ${found}; \`export ${variable}\` hands it to this program`)
}

/** The text of a file, without the newline that editors put at its end. */
function ofFile(name: string, file: string): string {
  const given = `--set-file ${name}=${file}`
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      readPlainFile(file, { most: MOST_BYTES, links: 'follow' }),
    )
    if (text.includes('\0')) throw new UsageError(`${given}: the file holds a NUL byte, and should be a text`)
    return text.replace(/\r?\n$/, '')
  } catch (error) {
    if (error instanceof PlainFileError) throw new UsageError(`${given}: the file cannot be read: ${error.message}`)
    if (error instanceof TypeError) throw new UsageError(`${given}: the file is no text in UTF-8`)
    throw error
  }
}
