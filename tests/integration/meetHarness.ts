import {
  rtpCapabilitiesSchema,
  type JoinedRoom,
  type JoinPreview,
  type MeetingView,
  type RtpParameters,
} from '@switchroom/protocol';
import { askMeet, joinTokenOf, type Harness, type MeetSocket } from './serverHarness.ts';

export async function preview(server: Harness, meeting: MeetingView): Promise<JoinPreview> {
  const response = await fetch(`${server.url}/api/v1/join/${joinTokenOf(meeting)}`);
  return (await response.json()) as JoinPreview;
}

/** A browser that can receive; with `server.token` it is the host. */
export async function joinMeeting(
  server: Harness,
  meeting: MeetingView,
  name: string,
  extra: { sessionToken?: string; resumeToken?: string; browserId?: string } = {},
): Promise<{ socket: MeetSocket; room: JoinedRoom }> {
  const socket = await server.meet();
  const { rtpCapabilities } = await preview(server, meeting);
  const room = await askMeet(socket, 'room:join', {
    joinToken: joinTokenOf(meeting),
    name,
    rtpCapabilities: rtpCapabilitiesSchema.parse(rtpCapabilities),
    ...extra,
  });
  return { socket, room };
}

/** What a browser's microphone sends. */
export function opus(ssrc: number): RtpParameters {
  return {
    mid: '0',
    codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
    encodings: [{ ssrc }],
    rtcp: { cname: 'test' },
  };
}
