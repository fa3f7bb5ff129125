import { visible } from '../../base/text.ts'

/** Text that is HTML already. Everything else is escaped where it goes into a page. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes: text is escaped, lists are joined, nothing (undefined, false, null) leaves nothing. */
export type Content = Markup | string | number | undefined | null | false | readonly Content[]

/** HTML, with all that is put into it escaped: replies of servers and names in scenarios may be anything. */
export function html(parts: TemplateStringsArray, ...contents: Content[]): Markup {
  const rest = contents.map((content, index) => render(content) + (parts[index + 1] ?? ''))
  return new Markup((parts[0] ?? '') + rest.join(''))
}

function render(content: Content): string {
  if (content instanceof Markup) return content.text
  if (typeof content === 'object' && content !== null) return content.map(render).join('')
  if (content === undefined || content === null || content === false) return ''
  return escapeHtml(String(content))
}

/** Text as HTML shows it, also within a quoted attribute. */
export function escapeHtml(text: string): string {
  return visible(text, '\n\t')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/**
 * JSON within a `script` element: nothing in it can end the element, and its texts are as the page shows others, control
 * characters visible.
 */
export function scriptJson(value: unknown): Markup {
  const shown = (_: string, item: unknown) => (typeof item === 'string' ? visible(item, '\n\t') : item)
  return new Markup(
    JSON.stringify(value, shown)
      .replaceAll('<', '\\u003c')
      .replaceAll('\u2028', '\\u2028')
      .replaceAll('\u2029', '\\u2029'),
  )
}
