import type { NodeSeen } from '../../../record/events.ts'
import type { ViewReport } from '../../timeline-model.ts'
import { html, type Markup } from '../markup.ts'

/** A view of the cluster as a table that is compared to another. */
export interface ViewTable {
  atMs: number
  name: string
  rows: string[][]
}

const HEADINGS = ['node', 'role', 'slots', 'epoch', 'says', 'link']

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

function cells({ name, up, why, role, master, slots, configEpoch, failing, state, link }: NodeSeen): string[] {
  return [
    name,
    role === 'replica' ? `replica of ${master ?? 'nobody known'}` : (role ?? 'unknown'),
    slots.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', '),
    configEpoch === undefined ? '' : String(configEpoch),
    [up ? (state ?? '') : (why ?? 'no answer'), ...(failing === true ? ['held for failing'] : [])].join(', '),
    link ?? '',
  ]
}

/** What is new in a view, in few words, for the list it is chosen from. */
function whatChanged(before: ViewReport | undefined, after: ViewReport): string {
  const old = new Map(before?.nodes.map((node) => [node.name, node]))
  const changes = after.nodes.flatMap((node): string[] => {
    const was = old.get(node.name)
    if (was?.up !== node.up) return [`${node.name} ${node.up ? 'answers' : 'gives no answer'}`]
    if (was.role !== node.role) return [`${node.name} is a ${node.role ?? 'stranger'}`]
    if (was.failing !== node.failing) return [`${node.name} ${node.failing === true ? 'held for failing' : 'forgiven'}`]
    if (was.state !== node.state) return [`${node.name} says ${node.state ?? 'nothing'}`]
    if (was.link !== node.link) return [`link of ${node.name} ${node.link ?? 'gone'}`]
    if (was.master !== node.master) return [`${node.name} follows ${node.master ?? 'nobody'}`]
    if (JSON.stringify(was.slots) !== JSON.stringify(node.slots)) return [`slots of ${node.name}`]
    return []
  })
  const [one, two, ...more] = changes
  if (one === undefined) return 'epochs'
  return [one, two, more.length > 0 ? `${more.length} more` : undefined].filter((text) => text !== undefined).join(', ')
}
