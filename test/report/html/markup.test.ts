import t from 'tap'
import { escapeHtml, html, Markup, prose, scriptJson } from '../../../runner/report/html/markup.ts'

const HOSTILE = `</script><img src=x onerror="alert('1')">&amp; \u2028\u2029\u202e\u0000\u001b[2J`

t.test('what is put into a template is escaped, in texts and attributes', async (t) => {
  const { text } = html`<p title="${HOSTILE}">${HOSTILE}</p>`
  const [, title = '', inner = ''] = /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(text) ?? []
  t.not(title, '', 'one element, with one attribute, and nothing beside')
  t.equal(title, inner)
  t.equal(
    inner,
    '&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp; \\u2028\\u2029\\u202e\\x00\\x1b[2J',
  )
})

t.test('line ends and tabs stay as they are; other control characters are visible', async (t) => {
  t.equal(escapeHtml('a\n\tb\rc\u0085'), 'a\n\tb\\rc\\u0085')
  t.equal(escapeHtml('ключ 鍵 🔑'), 'ключ 鍵 🔑')
})

t.test('markup is left as it is, lists are joined, nothing leaves nothing', async (t) => {
  const item = (name: string) => html`<li>${name}</li>`
  t.equal(html`<ul>${['<a>', 'b'].map(item)}</ul>`.text, '<ul><li>&lt;a&gt;</li><li>b</li></ul>')
  t.equal(html`${undefined}${null}${false}${[]}${['<', [new Markup('<br>'), 1]]}`.text, '&lt;<br>1')
  t.equal(html`${0}${''}${Number.NaN}`.text, '0NaN', 'nought is something')
  t.equal(html``.text, '')
})

t.test('what stands in backticks is code; one alone stays, and all is escaped', async (t) => {
  t.equal(
    prose('hold it with `for`, or `role: <b>`').text,
    'hold it with <code>for</code>, or <code>role: &lt;b&gt;</code>',
  )
  t.equal(prose('a ` alone, `` and `\n`').text, 'a ` alone, `` and `\n`')
  t.equal(prose(`\`${HOSTILE.split('\n')[0]}\``).text.match(/<(?!\/?code>)/), null)
  t.equal(prose('').text, '')
})

t.test('JSON in a script element: nothing ends the element, and texts are read back as pages show them', async (t) => {
  const { text } = scriptJson({ [HOSTILE]: ['<!--', '<script', ']]>', null, 1.5], log: HOSTILE, plain: 'a\n\tключ' })
  t.notMatch(text, /<|\u2028|\u2029/)
  const read = JSON.parse(text) as Record<string, unknown>
  t.same(read[HOSTILE], ['<!--', '<script', ']]>', null, 1.5])
  t.equal(read.plain, 'a\n\tключ')
  t.equal(read.log, `</script><img src=x onerror="alert('1')">&amp; \\u2028\\u2029\\u202e\\x00\\x1b[2J`)
})
