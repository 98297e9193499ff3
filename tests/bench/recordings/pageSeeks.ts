import { chromium, type Page } from 'playwright-core';
import type { LongMeeting } from './LongMeeting.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const SEEKS = 20;

export interface PageSeeks {
  /** From asking for the whole mix, as the page for compliance staff does, to an element that could play. */
  loadMs: number;
  p95: number;
  worst: number;
}

/** ms from setting `currentTime` of an element that plays to its being there and sounding. */
export async function pageSeeks(long: LongMeeting): Promise<PageSeeks> {
  const server = await long.serve();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/api/v1/openapi.json`);
    const url = `/api/v1/recordings/${long.recording.id}/audio`;
    const loadMs = await load(page, url, server.token);
    const times: number[] = [];
    for (let seek = 0; seek < SEEKS; seek++) {
      times.push(await jump(page, (seek * 0.618) % 1));
    }
    times.sort((a, b) => a - b);
    return { loadMs, p95: times[Math.ceil(SEEKS * 0.95) - 1]!, worst: times.at(-1)! };
  } finally {
    await browser.close();
    await server.close();
  }
}

function load(page: Page, url: string, token: string): Promise<number> {
  return page.evaluate(
    async ({ url, token }) => {
      const begin = performance.now();
      const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error(`the mix: ${response.status}`);
      const audio = document.createElement('audio');
      document.documentElement.append(audio);
      audio.src = URL.createObjectURL(await response.blob());
      await new Promise((done, failed) => {
        audio.addEventListener('canplay', done, { once: true });
        audio.addEventListener('error', () => failed(new Error(audio.error?.message)));
      });
      const ms = performance.now() - begin;
      await audio.play();
      return ms;
    },
    { url, token },
  );
}

/** To a share of the whole, beyond its last sound: so that what is heard is what was asked for. */
function jump(page: Page, share: number): Promise<number> {
  return page.evaluate(async (share) => {
    const audio = document.querySelector('audio')!;
    const stream = (audio as unknown as { captureStream(): MediaStream }).captureStream();
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: 512 });
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const isSilent = (): boolean => {
      analyser.getFloatTimeDomainData(samples);
      return samples.every((sample) => Math.abs(sample) < 0.003);
    };
    const until = async (isSo: () => boolean): Promise<void> => {
      for (const end = performance.now() + 10_000; !isSo();) {
        if (performance.now() > end) throw new Error('no sound after 10 s');
        await new Promise((done) => setTimeout(done, 2));
      }
    };
    audio.pause();
    await until(isSilent);
    const begin = performance.now();
    const seeked = new Promise((done) => audio.addEventListener('seeked', done, { once: true }));
    audio.currentTime = share * audio.duration;
    await Promise.all([seeked, audio.play()]);
    await until(() => !isSilent());
    const ms = performance.now() - begin;
    await context.close();
    return ms;
  }, share);
}
