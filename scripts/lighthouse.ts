/**
 * `node scripts/lighthouse.ts`: Lighthouse's measures of the Get page, taken by hand in Chromium, since Lighthouse is no dependency
 * of ours. A real node serves the page to empty profiles, under the published throttling of Lighthouse's mobile and desktop runs.
 *
 *   --json         the scores and every measure, as JSON
 *   --runs N       loads of each kind; each measure is the median of them, five by default
 *   --url ADDRESS  another page than that of a node started here
 *   --keep         do not build the page anew
 *
 * Performance is scored by Lighthouse 12's curves and weights. On a machine that does other things, too, the clock counts those
 * into a task; so blocking time is also taken from what the processor worked at the page, and the scores that count are by that.
 * Accessibility runs every rule of axe below level AAA, more than Lighthouse does.
 * Best practices are Lighthouse 12's list, each looked at here. Exits with 1 when a score is under 95. It changes nothing.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { launchStockBrowser } from '../test/e2e/support/browser.ts';
import { createNetwork } from './devnet/network.ts';

/** A score under this is a failure. */
const LEAST = 95;
/** After the load, until nothing that the page started by itself still runs, milliseconds. */
const QUIET_MS = 5_000;
/** What a task may take before it blocks, milliseconds. @see https://web.dev/articles/tbt */
const BLOCKING_MS = 50;
/** Shifts with less than this between them, and all within the second, count together. @see https://web.dev/articles/cls */
const SHIFT_GAP_MS = 1_000;
const SHIFT_WINDOW_MS = 5_000;

interface Curve {
  /** Its value at which the score is 0.9, and at which it is 0.5. */
  readonly p10: number;
  readonly median: number;
}
type Measure = 'fcpMs' | 'lcpMs' | 'tbtMs' | 'cls' | 'speedIndexMs';

/** @see https://developer.chrome.com/docs/lighthouse/performance/performance-scoring */
const WEIGHTS: Record<Measure, number> = { fcpMs: 10, speedIndexMs: 10, lcpMs: 25, tbtMs: 30, cls: 25 };

interface Kind {
  readonly name: 'mobile' | 'desktop';
  readonly viewport: { readonly width: number; readonly height: number };
  readonly scale: number;
  readonly cpuSlowdown: number;
  readonly rttMs: number;
  readonly bitsPerSecond: number;
  readonly curves: Record<Measure, Curve>;
}

/** @see https://github.com/GoogleChrome/lighthouse/blob/v12.0.0/core/config/constants.js */
const KINDS: readonly Kind[] = [
  {
    name: 'mobile',
    viewport: { width: 412, height: 823 },
    scale: 1.75,
    cpuSlowdown: 4,
    rttMs: 150,
    bitsPerSecond: 1_638_400,
    curves: {
      fcpMs: { p10: 1_800, median: 3_000 },
      speedIndexMs: { p10: 3_387, median: 5_800 },
      lcpMs: { p10: 2_500, median: 4_000 },
      tbtMs: { p10: 200, median: 600 },
      cls: { p10: 0.1, median: 0.25 },
    },
  },
  {
    name: 'desktop',
    viewport: { width: 1_350, height: 940 },
    scale: 1,
    cpuSlowdown: 1,
    rttMs: 40,
    bitsPerSecond: 10_240_000,
    curves: {
      fcpMs: { p10: 934, median: 1_600 },
      speedIndexMs: { p10: 1_311, median: 2_300 },
      lcpMs: { p10: 1_200, median: 2_400 },
      tbtMs: { p10: 150, median: 350 },
      cls: { p10: 0.1, median: 0.25 },
    },
  },
];
/** What a request waits for and what arrives, where the throttle sits above the connections instead of below them: same source. */
const REQUEST_LATENCY_FACTOR = 3.75;
const THROUGHPUT_FACTOR = 0.9;

/** Quantile of the normal distribution at 0.9. */
const Z_90 = 1.2815515655446004;

/** Share of pages that are worse, where logarithms of values are distributed normally: 0.9 at `p10`, 0.5 at `median`. */
function scoreOf(value: number, { p10, median }: Curve): number {
  if (value <= 0) return 1;
  const deviation = (Math.log(median) - Math.log(p10)) / Z_90;
  return 1 - normal((Math.log(value) - Math.log(median)) / deviation);
}

/** Distribution function of the normal distribution, by its power series: exact enough between -8 and 8. */
function normal(z: number): number {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let term = z;
  let sum = z;
  for (let n = 1; Math.abs(term) > 1e-17 && n < 400; n++) {
    term *= (z * z) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + sum * (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI));
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

type Measures = Record<Measure, number>;

function scored(measures: Measures, { curves }: Kind): { scores: Measures; score: number } {
  const scores = { ...measures };
  let score = 0;
  for (const [name, weight] of Object.entries(WEIGHTS) as [Measure, number][]) {
    scores[name] = scoreOf(measures[name], curves[name]);
    score += scores[name] * weight;
  }
  return { scores, score: Math.round(score) };
}

/** What the page's own observers saw. Put into it before anything of it runs. */
interface Seen {
  paints: { name: string; startTime: number }[];
  largest: number[];
  tasks: { startTime: number; duration: number }[];
  shifts: { startTime: number; value: number }[];
  asked: string[];
}

interface Entry {
  readonly name: string;
  readonly startTime: number;
  readonly duration: number;
  readonly value: number;
  readonly hadRecentInput: boolean;
}

function observe(): void {
  // biome-ignore lint/suspicious/noExplicitAny: this runs in the page, whose types are not here
  const scope = globalThis as any;
  const seen: Seen = { paints: [], largest: [], tasks: [], shifts: [], asked: [] };
  scope.__seen = seen;
  const watch = (type: string, take: (entry: Entry) => void) =>
    new scope.PerformanceObserver((list: { getEntries(): Entry[] }) => {
      for (const entry of list.getEntries()) take(entry);
    }).observe({ type, buffered: true });
  watch('paint', ({ name, startTime }) => seen.paints.push({ name, startTime }));
  watch('largest-contentful-paint', ({ startTime }) => seen.largest.push(startTime));
  watch('longtask', ({ startTime, duration }) => seen.tasks.push({ startTime, duration }));
  watch('layout-shift', ({ startTime, value, hadRecentInput }) => {
    if (!hadRecentInput) seen.shifts.push({ startTime, value });
  });
  // What a page should not ask a person who has just come.
  const { navigator, Notification } = scope;
  for (const name of ['getCurrentPosition', 'watchPosition'])
    if (navigator.geolocation) navigator.geolocation[name] = () => void seen.asked.push('geolocation');
  if (Notification) Notification.requestPermission = async () => void seen.asked.push('notification');
}

interface Load {
  readonly measures: Measures;
  /** Blocking time by what the processor worked at the tasks, without what it did for others meanwhile. */
  readonly tbtThreadMs: number;
  readonly bytes: number;
}

async function load(browser: Browser, kind: Kind, url: string): Promise<Load> {
  const { viewport, scale, cpuSlowdown, rttMs, bitsPerSecond } = kind;
  const isMobile = kind.name === 'mobile';
  const context = await browser.newContext({
    viewport,
    deviceScaleFactor: scale,
    isMobile,
    hasTouch: isMobile,
    locale: 'en',
  });
  try {
    const page = await context.newPage();
    await page.addInitScript(observe);
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    const latency = rttMs * REQUEST_LATENCY_FACTOR;
    const downloadThroughput = (bitsPerSecond * THROUGHPUT_FACTOR) / 8;
    await session.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: isMobile ? latency : 0 },
      ...{ downloadThroughput: isMobile ? downloadThroughput : -1, uploadThroughput: -1 },
      // Desktop runs of Lighthouse are simulated: what follows is the same wire, without the factors.
      ...(!isMobile && { latency: rttMs, downloadThroughput: bitsPerSecond / 8 }),
    });
    await session.send('Emulation.setCPUThrottlingRate', { rate: cpuSlowdown });
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => {
      bytes += encodedDataLength;
    });
    await browser.startTracing(page, {
      screenshots: true,
      categories: ['-*', 'disabled-by-default-devtools.screenshot', 'blink.user_timing', ...TASKS],
    });
    await page.goto(url, { waitUntil: 'load', timeout: 60_000 });
    const loadedBytes = bytes;
    await page.waitForLoadState('networkidle');
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    const seen = (await page.evaluate('globalThis.__seen')) as Seen;
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    const start = trace.traceEvents.findLast(
      ({ name, args }) => name === 'navigationStart' && args.data?.documentLoaderURL?.startsWith(new URL(url).origin),
    );
    if (!start) throw new Error('the trace does not say when the page was asked for');
    const fcpMs = seen.paints.find(({ name }) => name === 'first-contentful-paint')?.startTime;
    if (fcpMs === undefined) throw new Error('the page painted nothing');
    return {
      measures: {
        fcpMs,
        lcpMs: Math.max(...seen.largest),
        tbtMs: blocking(
          seen.tasks.map(({ startTime, duration }) => ({ startMs: startTime, tookMs: duration })),
          fcpMs,
        ),
        cls: worstWindow(seen.shifts),
        speedIndexMs: await speedIndex(page, trace.traceEvents, start),
      },
      tbtThreadMs: blocking(
        trace.traceEvents
          .filter(({ name, pid, tid }) => name === 'RunTask' && pid === start.pid && tid === start.tid)
          .map(({ ts, tdur = 0 }) => ({ startMs: (ts - start.ts) / 1_000, tookMs: tdur / 1_000 })),
        fcpMs,
      ),
      bytes: loadedBytes,
    };
  } finally {
    await context.close();
  }
}

/** What tasks take beyond what nobody notices, after the first paint: only what is left of a task then can keep a person waiting. */
const blocking = (tasks: readonly { startMs: number; tookMs: number }[], fcpMs: number): number =>
  tasks
    .filter(({ startMs, tookMs }) => startMs + tookMs > fcpMs)
    .map(({ startMs, tookMs }) => tookMs - Math.max(0, fcpMs - startMs))
    .reduce((sum, tookMs) => sum + Math.max(0, tookMs - BLOCKING_MS), 0);

function worstWindow(shifts: Seen['shifts']): number {
  let [worst, sum, firstMs, lastMs] = [0, 0, 0, Number.NEGATIVE_INFINITY];
  for (const { startTime, value } of shifts) {
    const isSame = startTime - lastMs < SHIFT_GAP_MS && startTime - firstMs < SHIFT_WINDOW_MS;
    sum = isSame ? sum + value : value;
    if (!isSame) firstMs = startTime;
    lastMs = startTime;
    worst = Math.max(worst, sum);
  }
  return worst;
}

/** Where the browser tells of each task of a thread. */
const TASKS = ['toplevel', 'disabled-by-default-devtools.timeline'];

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds; `tdur` is what the processor worked of `dur`. */
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly snapshot?: string; readonly data?: { readonly documentLoaderURL?: string } };
}

/**
 * The area above the curve of visual completeness, by the pictures that the browser took of itself: how much of the way from the
 * first to the last picture's histogram of colours each has come.
 */
async function speedIndex(page: Page, events: readonly TraceEvent[], start: TraceEvent): Promise<number> {
  const shots = events
    .filter(({ name, args, ts }) => name === 'Screenshot' && args.snapshot !== undefined && ts >= start.ts)
    .map(({ args, ts }) => ({ atMs: (ts - start.ts) / 1_000, jpeg: args.snapshot! }));
  if (shots.length === 0) throw new Error('the browser took no pictures');
  const distances = await page.evaluate(
    async (jpegs) => {
      // biome-ignore lint/suspicious/noExplicitAny: this runs in the page, whose types are not here
      const { OffscreenCanvas, createImageBitmap, atob } = globalThis as any;
      const histograms: Uint32Array[] = [];
      for (const jpeg of jpegs) {
        const bytes = Uint8Array.from(atob(jpeg) as string, (letter) => letter.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
        const paint = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        paint.drawImage(bitmap, 0, 0);
        const { data } = paint.getImageData(0, 0, bitmap.width, bitmap.height) as { data: Uint8ClampedArray };
        const histogram = new Uint32Array(3 * 256);
        for (let at = 0; at < data.length; at += 4)
          for (const channel of [0, 1, 2]) histogram[channel * 256 + data[at + channel]!]!++;
        histograms.push(histogram);
      }
      const last = histograms.at(-1)!;
      // The blank page that every load begins with.
      const blank = new Uint32Array(3 * 256);
      const pixels = last.subarray(0, 256).reduce((sum, count) => sum + count, 0);
      for (const channel of [0, 1, 2]) blank[channel * 256 + 255] = pixels;
      return [blank, ...histograms].map((histogram) =>
        histogram.reduce((sum, count, at) => sum + Math.abs(count - last[at]!), 0),
      );
    },
    shots.map(({ jpeg }) => jpeg),
  );
  const whole = Math.max(1, distances[0]!);
  let [area, atMs, done] = [0, 0, 0];
  for (const [at, shot] of shots.entries()) {
    area += (1 - done) * (shot.atMs - atMs);
    atMs = shot.atMs;
    done = Math.max(0, 1 - distances[at + 1]! / whole);
  }
  return area;
}

interface Audit {
  readonly id: string;
  readonly weight: number;
  readonly passed: boolean;
  readonly found?: unknown;
}

const weighted = (audits: readonly Audit[]): number =>
  (100 * audits.reduce((sum, { weight, passed }) => sum + (passed ? weight : 0), 0)) /
  Math.max(
    1,
    audits.reduce((sum, { weight }) => sum + weight, 0),
  );

/** Every rule of axe but those of level AAA: best practices and experiments included. Without a violation the score is 100 under any weights; with some, each weighs one. */
async function accessibility(browser: Browser, url: string): Promise<{ score: number; audits: Audit[] }> {
  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const audits: Audit[] = [];
  for (const kind of KINDS) {
    // axe comes in as a script of ours, which the page's policy rightly refuses.
    const context = await browser.newContext({ viewport: kind.viewport, bypassCSP: true, locale: 'en' });
    const page = await context.newPage();
    await page.goto(url);
    await page.getByRole('main').getByRole('heading').first().waitFor();
    await page.evaluate(axe);
    const rules = `axe.getRules().filter(({ tags }) => !tags.includes('wcag2aaa')).map(({ ruleId }) => ruleId)`;
    const { passes, violations } = (await page.evaluate(
      `axe.run({ runOnly: { type: 'rule', values: ${rules} } }).then(({ passes, violations }) => ({ passes: passes.map(({ id }) => id),
        violations: violations.map(({ id, nodes }) => ({ id, html: nodes.map(({ html }) => html.slice(0, 160)) })) }))`,
    )) as { passes: string[]; violations: { id: string; html: string[] }[] };
    audits.push(...passes.map((id) => ({ id: `${kind.name} ${id}`, weight: 1, passed: true })));
    audits.push(
      ...violations.map(({ id, html }) => ({ id: `${kind.name} ${id}`, weight: 1, passed: false, found: html })),
    );
    await context.close();
  }
  return { score: weighted(audits), audits };
}

/** @see https://github.com/GoogleChrome/lighthouse/blob/v12.0.0/core/config/default-config.js, category `best-practices` */
async function bestPractices(browser: Browser, url: string): Promise<{ score: number; audits: Audit[] }> {
  const context = await browser.newContext({
    viewport: KINDS[0]!.viewport,
    deviceScaleFactor: KINDS[0]!.scale,
    locale: 'en',
  });
  const page = await context.newPage();
  await page.addInitScript(observe);
  const session: CDPSession = await context.newCDPSession(page);
  const errors: string[] = [];
  const issues: { code: string; details: Record<string, unknown> }[] = [];
  const insecure: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol === 'http:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname)) insecure.push(request.url());
  });
  session.on('Audits.issueAdded', ({ issue }) => issues.push(issue as never));
  session.on('Log.entryAdded', ({ entry }) => {
    if (entry.level === 'error') errors.push(entry.text);
  });
  await session.send('Log.enable');
  await session.send('Audits.enable');
  const response = (await page.goto(url, { waitUntil: 'load' }))!;
  await page.waitForLoadState('networkidle');
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  const html = (await response.body()).subarray(0, 1_024).toString('latin1');
  const headers = response.headers();
  const inPage = (await page.evaluate(`(() => {
    const images = [...document.images].filter(({ naturalWidth, width, height }) => naturalWidth > 0 && width > 0 && height > 0);
    return {
      doctype: document.doctype?.name === 'html' && document.compatMode === 'CSS1Compat',
      viewport: document.querySelector('meta[name=viewport]')?.content ?? '',
      ratios: images.filter((one) => Math.abs(one.naturalWidth / one.naturalHeight - one.width / one.height) > 0.05).map(({ src }) => src),
      coarse: images.filter((one) => one.naturalWidth < one.width * devicePixelRatio * 0.75).map(({ src }) => src),
      small: [...document.querySelectorAll('main *, header *, nav *')].filter((one) =>
        [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '') && parseFloat(getComputedStyle(one).fontSize) < 12
      ).map((one) => one.outerHTML.slice(0, 120)),
      pasted: [...document.querySelectorAll('input, textarea')].filter((one) =>
        !one.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true }))).map(({ outerHTML }) => outerHTML.slice(0, 120)),
      asked: globalThis.__seen.asked,
    };
  })()`)) as Record<'ratios' | 'coarse' | 'small' | 'pasted' | 'asked', string[]> & {
    doctype: boolean;
    viewport: string;
  };
  const cookies = (await context.cookies()).filter(
    ({ domain }) => !new URL(url).hostname.endsWith(domain.replace(/^\./, '')),
  );
  const deprecated = issues.filter(({ code }) => code === 'DeprecationIssue');
  const policy = headers['content-security-policy'] ?? '';
  await context.close();
  const none = (id: string, weight: number, found: readonly unknown[]): Audit => ({
    ...{ id, weight, passed: found.length === 0 },
    ...(found.length > 0 && { found }),
  });
  const audits: Audit[] = [
    none('is-on-https', 5, insecure),
    none(
      'geolocation-on-start',
      1,
      inPage.asked.filter((what) => what === 'geolocation'),
    ),
    none(
      'notification-on-start',
      1,
      inPage.asked.filter((what) => what === 'notification'),
    ),
    none('paste-preventing-inputs', 3, inPage.pasted),
    none('image-aspect-ratio', 1, inPage.ratios),
    none('image-size-responsive', 1, inPage.coarse),
    { id: 'viewport', weight: 1, passed: /width=device-width/.test(inPage.viewport), found: inPage.viewport },
    none('font-size', 1, inPage.small),
    { id: 'doctype', weight: 1, passed: inPage.doctype },
    { id: 'charset', weight: 1, passed: /charset=["']?utf-8/i.test(`${headers['content-type']} ${html}`) },
    none('third-party-cookies', 5, cookies),
    none('deprecations', 5, deprecated),
    none('errors-in-console', 1, errors),
    none(
      'inspector-issues',
      1,
      issues.filter((issue) => !deprecated.includes(issue)),
    ),
    // Told and not scored by Lighthouse; held to here.
    {
      id: 'csp-xss',
      weight: 0,
      passed: /script-src(?![^;]*'unsafe-inline')/.test(policy) && /base-uri/.test(policy),
      found: policy,
    },
    {
      id: 'origin-isolation',
      weight: 0,
      passed: (headers['cross-origin-opener-policy'] ?? '').startsWith('same-origin'),
    },
    { id: 'clickjacking-mitigation', weight: 0, passed: /frame-ancestors 'none'/.test(policy) },
  ];
  return { score: weighted(audits), audits };
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '5' },
    url: { type: 'string' },
    keep: { type: 'boolean' },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const say = (text: string) => process.stderr.write(`${text}\n`);
const round = (value: number) => Math.round(value * 1_000) / 1_000;
const rounded = (values: Record<string, number>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value)]));

if (!options.keep && !options.url) {
  const { status } = spawnSync(process.execPath, ['web/scripts/build.ts'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}
const network = options.url ? undefined : await createNetwork();
const browser = await launchStockBrowser();
try {
  const url = options.url ?? (await serve());
  const performance = [];
  for (const kind of KINDS) {
    const loads: Load[] = [];
    for (let run = 0; run < Number(options.runs); run++) {
      loads.push(await load(browser, kind, url));
      say(`${kind.name} ${run + 1}: ${JSON.stringify(loads.at(-1))}`);
    }
    const measures = Object.fromEntries(
      Object.keys(WEIGHTS).map((name) => [name, median(loads.map(({ measures }) => measures[name as Measure]))]),
    ) as Measures;
    const tbtThreadMs = median(loads.map((one) => one.tbtThreadMs));
    const { scores, score } = scored(measures, kind);
    performance.push({
      kind: kind.name,
      score,
      scoreByThreadTime: scored({ ...measures, tbtMs: tbtThreadMs }, kind).score,
      measures: rounded(measures),
      tbtThreadMs: round(tbtThreadMs),
      scores: rounded(scores),
      bytes: median(loads.map(({ bytes }) => bytes)),
      each: loads.map(({ measures, tbtThreadMs }) => rounded({ ...measures, tbtThreadMs })),
    });
  }
  const a11y = await accessibility(browser, url);
  const practices = await bestPractices(browser, url);
  const failed = (audits: readonly Audit[]) => audits.filter(({ passed }) => !passed);
  const report = {
    scores: {
      performance: performance[0]!.scoreByThreadTime,
      performanceDesktop: performance[1]!.scoreByThreadTime,
      accessibility: Math.round(a11y.score),
      bestPractices: Math.round(practices.score),
    },
    runs: Number(options.runs),
    browser: browser.version(),
    date: new Date().toISOString().slice(0, 10),
    load: round(loadavg()[0]!),
    performance,
    accessibility: { rules: a11y.audits.length, failed: failed(a11y.audits) },
    bestPractices: { audits: practices.audits.map(({ id }) => id), failed: failed(practices.audits) },
  };
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else for (const [name, score] of Object.entries(report.scores)) process.stdout.write(`${name.padEnd(20)}${score}\n`);
  if (Object.values(report.scores).some((score) => score < LEAST)) process.exitCode = 1;
} finally {
  await browser.close();
  await network?.stop();
}

/** A node that hands out a copy of the page, since the page may be built again meanwhile. */
async function serve(): Promise<string> {
  const siteDir = join(network!.dir, 'page');
  await cp(join(root, 'web/out'), siteDir, { recursive: true });
  const door = await network!.daemon('door', ['--protocol', 'http', '--site-dir', siteDir]);
  return `${door.publicUrl.replace('127.0.0.1', 'localhost')}/`;
}
