import type { NodeShown, ViewReport } from '../../../results/timeline-model.ts'
import { html, type Markup } from '../markup.ts'

/** A view of the cluster as a table that is compared to another. */
export interface ViewTable {
  atMs: number
  name: string
  rows: string[][]
}

const HEADINGS = ['node', 'role', 'slots', 'answers', 'marked as failing by']

/** The cluster before and after, side by side; the page's script lets any two be chosen. */
export function viewsSection(tables: readonly ViewTable[]): Markup | undefined {
  const [first, last] = [tables[0], tables.at(-1)]
  if (first === undefined || last === undefined) return undefined
  return html`<section id="views" aria-labelledby="views-title"><h2 id="views-title">The cluster, before and after</h2>
<div class="sides">${side('Before', first, last)}${side('After', last, first)}</div></section>`
}

export function viewTables(views: readonly ViewReport[]): ViewTable[] {
  return views.map((view, place) => ({
    atMs: view.atMs,
    name: `${(view.atMs / 1000).toFixed(2)} s: ${place === 0 ? 'the start' : whatChanged(views[place - 1], view)}`,
    rows: view.nodes.map(cells),
  }))
}

function side(name: string, table: ViewTable, other: ViewTable): Markup {
  const id = `view-${name.toLowerCase()}`
  const rows = table.rows.map((row, place) => {
    const changed = (column: number) => other.rows[place]?.[column] !== row[column]
    const any = row.some((_, column) => changed(column))
    return html`<tr${any && html` class="changed"`}>${row.map((text, column) => html`<td${changed(column) && html` class="changed"`}>${text}</td>`)}</tr>`
  })
  return html`<div data-side="${name}"><p class="controls"><label for="${id}">${name} <select id="${id}"></select></label></p>
<div class="scroll" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${HEADINGS.map((heading) => html`<th scope="col">${heading}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div></div>`
}

function cells({ name, role, of, slots, silence, failingTo, others }: NodeShown): string[] {
  return [
    name,
    role === 'replica' ? `replica of ${of ?? 'an unknown master'}` : (role ?? 'unknown'),
    slots.replaceAll('-', '–'),
    silence ?? 'yes',
    failingTo === 0 ? '' : `${failingTo} of ${others}`,
  ]
}

/** What is new in a view, in few words, for the list it is chosen from. */
function whatChanged(before: ViewReport | undefined, after: ViewReport): string {
  const old = new Map(before?.nodes.map((node) => [node.name, node]))
  const [one, two, ...more] = after.nodes.flatMap((node) => changeOf(old.get(node.name), node) ?? [])
  if (one === undefined) return 'the same'
  return [one, two, more.length > 0 ? `${more.length} more` : undefined].filter((text) => text !== undefined).join(', ')
}

function changeOf(was: NodeShown | undefined, is: NodeShown): string | undefined {
  const { name } = is
  if ((was?.silence === undefined) !== (is.silence === undefined))
    return `${name} ${is.silence === undefined ? 'answers' : 'gives no answer'}`
  if (was?.role !== is.role) return `${name} is a ${is.role ?? 'node of unknown role'}`
  if (was?.of !== is.of) return `${name} follows ${is.of ?? 'nobody'}`
  if (was?.slots !== is.slots) return `slots of ${name}`
  if ((was?.failingTo ?? 0) === 0 && is.failingTo > 0) return `${name} marked as failing`
  if ((was?.failingTo ?? 0) > 0 && is.failingTo === 0) return `${name} no longer marked as failing`
  return undefined
}
