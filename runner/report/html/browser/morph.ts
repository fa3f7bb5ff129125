/**
 * Makes what stands in the page like `fresh`, and leaves alone what is the same: where the reader has scrolled to, what
 * is focused, opened or marked stays so. An element that is empty in `fresh` is filled by a script of the page, which
 * keeps what it has put there.
 */
export function morph(old: Element, fresh: Element): void {
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isReaders(old, name)) old.removeAttribute(name)
  }
  if (fresh.childNodes.length === 0 || old.tagName === 'SELECT') return
  morphChildren(old, fresh)
}

/** What the reader or a script has set: a fold that was opened, a box that was ticked. */
function isReaders({ tagName }: Element, attribute: string): boolean {
  return tagName === 'DETAILS' ? attribute === 'open' : attribute.startsWith('data-')
}

function morphChildren(old: Element, fresh: Element): void {
  const own = [...old.childNodes].filter((node) => !isScripts(node))
  for (const [place, child] of [...fresh.childNodes].entries()) {
    const there = own[place]
    if (there === undefined) old.insertBefore(child, endOf(old, own))
    else if (there instanceof Element && child instanceof Element && isSame(there, child)) morph(there, child)
    else if (there.nodeType === Node.TEXT_NODE && child.nodeType === Node.TEXT_NODE) {
      if (there.nodeValue !== child.nodeValue) there.nodeValue = child.nodeValue
    } else there.replaceWith(child)
  }
  for (const gone of own.slice(fresh.childNodes.length)) gone.remove()
}

function isSame(one: Element, other: Element): boolean {
  return one.tagName === other.tagName && one.id === other.id
}

/** Drawn over the lanes by their script (timeline.ts). */
function isScripts(node: Node): boolean {
  return node instanceof Element && node.matches('.hair, .pick')
}

/** Before what scripts have put at the end. */
function endOf(old: Element, own: readonly ChildNode[]): Node | null {
  const scripts = [...old.childNodes].find((node) => isScripts(node))
  return scripts ?? own.at(-1)?.nextSibling ?? null
}
