import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunReport } from '../../runner/results/report-model.ts'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** The part of a tap test that is needed to clean up after it. */
interface Cleanable {
  teardown(work: () => void | Promise<void>): void
}

export interface CliResult {
  code: number | null
  stdout: string
  stderr: string
  tookMs: number
}

export interface RunningCli {
  child: ChildProcess
  /** What stderr holds so far. */
  progress(): string
  /** What stdout holds so far. */
  output(): string
  /** Resolves when stderr contains the text; rejects when the command ends before. */
  until(text: string): Promise<void>
  ended: Promise<CliResult>
}

/** Starts the real command line, as `npm run` does. It is killed when the test ends before it. */
export function startCli(t: Cleanable, args: readonly string[], env: Record<string, string> = {}): RunningCli {
  const startMs = performance.now()
  const child = spawn(process.execPath, [path.join('bin', 'redis-chaos.js'), ...args], {
    cwd: root,
    env: { ...process.env, FORCE_COLOR: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
    for (const watcher of watchers) watcher()
  })
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr, tookMs: performance.now() - startMs }))
  })
  t.teardown(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
    await ended
  })
  const until = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!stderr.includes(text)) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
      ended.then(
        () => reject(new Error(`the command ended before it said ${JSON.stringify(text)}: ${stderr}${stdout}`)),
        reject,
      )
    })
  return { child, progress: () => stderr, output: () => stdout, until, ended }
}

/** Runs the command line to its end. */
export function runCli(t: Cleanable, args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  return startCli(t, args, env).ended
}

/** A folder for the reports of one test, removed after it. */
export function reportsFolder(t: Cleanable): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'redis-chaos-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** `report.json` of the last run in a reports folder. */
export function lastReport(reports: string): RunReport {
  return JSON.parse(readFileSync(path.join(reports, 'latest', 'report.json'), 'utf8')) as RunReport
}

/** Files below a folder whose content has the text. */
export function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile() && readFileSync(file, 'utf8').includes(text))
}

/** A scenario of the tests, by its name. */
export function testScenario(name: string): string {
  return path.join('test', 'e2e', 'scenarios', `${name}.yaml`)
}
