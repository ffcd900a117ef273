// What blip's report is to a person: seen in light and in dark, on a telephone and on paper, without
// script, without a request, read aloud; and log text in it is text. Run by run.sh.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const work = process.env.WORK;
const require = createRequire(`${work}/package.json`);
const { chromium } = require('playwright-core');
const axe = require('axe-core');
const pages = ['stories', 'hostile'];
const schemes = ['light', 'dark'];

let browser;
before(async () => {
  // Chromium's own sandbox does not work as root, which containers run tests as.
  const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
  browser = await chromium.launch({ executablePath: process.env.BROWSER, args });
});
after(() => browser?.close());

const address = (name) => pathToFileURL(`${work}/${name}.html`).href;

// Opens a page and keeps an eye on it: what it asks for, says and pops up.
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = [];
  page.on('console', (message) => seen.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => seen.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (url !== address(name) && !url.startsWith('data:')) seen.push(`request: ${url}`);
  });
  await page.goto(address(name), { waitUntil: 'load' });
  return { page, seen, close: () => context.close() };
}

const unfold = (page, most) =>
  page.evaluate((count) => {
    for (const one of [...document.querySelectorAll('details')].slice(0, count)) one.open = true;
  }, most);

// Contrast of every colour that `what` is drawn in to the page behind it.
const contrasts = (page, what, property) =>
  page.evaluate(
    ([selector, name]) => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const rgb = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      const light = (color) => {
        const [r, g, b] = rgb(color).map((part) => {
          const share = part / 255;
          return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = light(getComputedStyle(document.body).backgroundColor);
      const out = {};
      for (const one of document.querySelectorAll(selector)) {
        const color = getComputedStyle(one)[name];
        const own = light(color);
        out[color] = (Math.max(own, behind) + 0.05) / (Math.min(own, behind) + 0.05);
      }
      return out;
    },
    [what, property],
  );

for (const name of pages) {
  test(`${name}: valid HTML`, (t) => {
    if (spawnSync('tidy', ['-version']).error) return t.skip('tidy is not installed');
    const tidy = spawnSync('tidy', ['-e', '-q', '-utf8', `${work}/${name}.html`], { encoding: 'utf8' });
    assert.equal(tidy.stderr, '');
    assert.equal(tidy.status, 0);
  });

  test(`${name}: every anchor leads somewhere, no id is given twice`, async () => {
    const { page, close } = await open(name);
    const lost = await page.evaluate(() => {
      const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
      const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
      const links = [...document.querySelectorAll('a')].map((one) => one.getAttribute('href'));
      return [...twice, ...links.filter((link) => link[0] !== '#' || !ids.includes(link.slice(1)))];
    });
    assert.deepEqual(lost, []);
    await close();
  });

  for (const colorScheme of schemes) {
    test(`${name}, ${colorScheme}: nothing is asked for, said or popped up`, async () => {
      const { page, seen, close } = await open(name, { colorScheme });
      await unfold(page, 1e6);
      await page.screenshot({ path: `${work}/${name}-${colorScheme}.png` });
      assert.equal(await page.locator('script').count(), 0);
      assert.deepEqual(seen, []);
      await close();
    });

    test(`${name}, ${colorScheme}: lanes and signs are there to be seen`, async () => {
      const { page, close } = await open(name, { colorScheme });
      const lanes = page.locator('svg.chart:has(.lane)').first();
      const box = await lanes.boundingBox();
      assert.ok(box.width > 600 && box.height > 60, JSON.stringify(box));
      assert.ok((await lanes.locator('.life').count()) > 2);
      assert.ok((await lanes.locator('.mark').count()) > 0);
      await lanes.screenshot({ path: `${work}/${name}-${colorScheme}-lanes.png` });
      const drawn = [
        ['.chart .life:not(.tail)', 'fill'],
        ['.mark.silent path', 'stroke'],
        ['.mark.unplanned circle', 'fill'],
        ['.mark.planned circle', 'stroke'],
        ['.mark.unknown path', 'stroke'],
        ['.chart .series', 'stroke'],
        ['.chart .floor', 'stroke'],
        ['.chart .h1, .chart .h2, .chart .h3, .chart .h4', 'fill'],
      ];
      for (const [what, property] of drawn) {
        for (const [color, ratio] of Object.entries(await contrasts(page, what, property))) {
          assert.ok(ratio >= 3, `${what} in ${color}: ${ratio.toFixed(2)}`);
        }
      }
      const words = await contrasts(page, '.chart text', 'fill');
      assert.ok(Object.keys(words).length >= 2);
      for (const [color, ratio] of Object.entries(words)) {
        assert.ok(ratio >= 4.5, `chart text in ${color}: ${ratio.toFixed(2)}`);
      }
      await close();
    });

    test(`${name}, ${colorScheme}: WCAG AA, contrast among it`, async () => {
      const { page, close } = await open(name, { colorScheme });
      await unfold(page, 6);
      await page.evaluate(axe.source);
      const result = await page.evaluate(() =>
        // A minute for 200 rows that are alike: the first dozen stand for them.
        window.axe.run({ include: [['html']], exclude: [['.events > tbody:nth-of-type(n+13)']] }, {
          resultTypes: ['violations'],
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        }),
      );
      const told = result.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
      assert.deepEqual(told, []);
      assert.ok(result.passes.some((one) => one.id === 'color-contrast'));
      await close();
    });
  }

  test(`${name}: on a telephone nothing sticks out`, async () => {
    const { page, close } = await open(name, { viewport: { width: 360, height: 740 } });
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
    assert.equal(wide, 360);
    await page.screenshot({ path: `${work}/${name}-telephone.png` });
    await close();
  });

  test(`${name}: evidence unfolds without script`, async () => {
    const { page, close } = await open(name, { javaScriptEnabled: false });
    const first = page.locator('details').first();
    assert.equal(await first.locator('.evidence').isVisible(), false);
    await first.locator('summary').click();
    assert.equal(await first.locator('.evidence').isVisible(), true);
    await close();
  });

  test(`${name}: paper shows the evidence, too`, async () => {
    const { page, close } = await open(name, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    const box = await page.locator('.evidence').first().boundingBox();
    assert.ok(box && box.height > 40, JSON.stringify(box));
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.equal(paper, 'rgb(255, 255, 255)');
    const pdf = await page.pdf({ path: `${work}/${name}.pdf`, printBackground: true });
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
    await close();
  });
}

for (const colorScheme of schemes) {
  test(`stories, ${colorScheme}: the leak of each story is a saw with a floor`, async () => {
    const { page, close } = await open('stories', { colorScheme });
    for (const service of ['app leaks goroutines', 'queuer.1 leaks', 'host-samples leaks']) {
      const rise = page.locator('.rise', { hasText: service });
      const chart = rise.locator('svg.chart').first();
      const box = await chart.locator('.series').boundingBox();
      assert.ok(box.width > 300 && box.height > 80, `${service} ${JSON.stringify(box)}`);
      assert.ok((await chart.locator('.floor').count()) > 0, service);
      assert.ok((await chart.locator('.mark').count()) > 2, service);
      const title = await chart.locator('title').first().textContent();
      assert.match(title, / of (app|queuer\.1|host-samples)$/);
      const number = service.split(/[ .]/)[0];
      await chart.screenshot({ path: `${work}/stories-${colorScheme}-${number}.png` });
    }
    const queuer = page.locator('.rise', { hasText: 'queuer.1 leaks' });
    assert.equal(await queuer.locator('.limit').count(), 1);
    assert.equal(await queuer.locator('.forecast').count(), 1);
    assert.ok((await page.locator('.heat rect').count()) > 10);
    await close();
  });
}

test('stories: what cannot be shown is counted', async () => {
  const { page, close } = await open('stories');
  const told = await page.locator('section[aria-labelledby=events] > p').textContent();
  const [, shown, all] = told.match(/^The worst (\d+) of (\d+), .* Not shown: .*planned restarts/);
  assert.equal(await page.locator('.events > tbody').count(), Number(shown));
  assert.ok(Number(all) > Number(shown));
  assert.match(await page.locator('h1').textContent(), /^app died 28 times, /);
  await close();
});

test('hostile: what the log says stands there as text', async () => {
  const { page, seen, close } = await open('hostile');
  await unfold(page, 1e6);
  const text = await page.evaluate(() => document.body.innerText);
  for (const said of [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(2)>',
    'red\\x07',
    'nul\\x00',
    '\\xff\\xfe\\xc3(',
    '\\u202egnp.exe',
    '"><svg onload=alert(3)>',
    "&amp; 'q'",
    'shop<i>',
  ]) {
    assert.ok(text.includes(said), said);
  }
  assert.equal(await page.locator('img, i, object, iframe, form, [onload], [onerror]').count(), 0);
  // Nothing of it acts in the bytes either: no control characters, no bidirectional marks.
  const bytes = execFileSync('cat', [`${work}/hostile.html`]).toString('utf8');
  assert.doesNotMatch(bytes, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  assert.deepEqual(seen, []);
  await close();
});
