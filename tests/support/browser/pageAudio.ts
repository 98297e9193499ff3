/*
 * What runs inside the page. Each function is sent as source: it may use nothing from outside itself.
 *
 * ScriptProcessor is deprecated, and still the one node that needs no module loaded from a URL, which
 * the page's content security policy would refuse.
 */
/* eslint-disable @typescript-eslint/no-deprecated */

/** What one remote participant sounded like, as base64 of 16-bit samples. */
export interface HeardInPage {
  participantId: string;
  sampleRate: number;
  samples: string;
}

/**
 * Listens to every `<audio data-participant-id>` for `seconds` by Web Audio, beside their playing.
 */
export async function listenInPage(seconds: number): Promise<HeardInPage[]> {
  const context = new AudioContext({ sampleRate: 48_000 });
  await context.resume();
  const elements = [...document.querySelectorAll<HTMLAudioElement>('audio[data-participant-id]')];
  const wanted = Math.round(seconds * context.sampleRate);

  const listen = (element: HTMLAudioElement): Promise<HeardInPage> =>
    new Promise((resolve) => {
      const source = context.createMediaStreamSource(element.srcObject as MediaStream);
      const processor = context.createScriptProcessor(4096, 1, 1);
      const samples = new Int16Array(wanted);
      let at = 0;
      processor.onaudioprocess = ({ inputBuffer }) => {
        for (const value of inputBuffer.getChannelData(0)) {
          if (at < wanted) samples[at++] = Math.max(-1, Math.min(1, value)) * 32767;
        }
        if (at < wanted) return;
        processor.onaudioprocess = null;
        source.disconnect();
        processor.disconnect();
        let bytes = '';
        const view = new Uint8Array(samples.buffer);
        for (let i = 0; i < view.length; i += 0x8000) {
          bytes += String.fromCharCode(...view.subarray(i, i + 0x8000));
        }
        const participantId = element.dataset['participantId'] ?? '';
        resolve({ participantId, sampleRate: context.sampleRate, samples: btoa(bytes) });
      };
      source.connect(processor);
      processor.connect(context.destination);
    });

  const heard = await Promise.all(elements.map(listen));
  await context.close();
  return heard;
}
