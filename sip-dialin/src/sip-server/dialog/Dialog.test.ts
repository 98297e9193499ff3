import { describe, expect, it } from 'vitest';
import { cseqOf } from '../message/SipMessage.ts';
import { requestOf } from '../testing/requestOf.ts';
import { Dialog } from './Dialog.ts';
import { DialogTable } from './DialogTable.ts';

const peer = { transport: 'udp', host: '127.0.0.1', port: 5060 } as const;

function make(routeSet: string[] = []): Dialog<string> {
  return new Dialog({
    id: 'call;from-tag=theirs',
    role: 'uas',
    method: 'INVITE',
    callId: 'call',
    localTag: 'ours',
    remoteTag: 'theirs',
    local: '<sip:b@host>;tag=ours',
    remote: '<sip:a@host>;tag=theirs',
    localSeq: 5,
    remoteSeq: 1,
    routeSet,
    remoteTarget: 'sip:a@192.0.2.1:5070',
    owner: 'application',
    peer,
  });
}

describe('Dialog (RFC 3261 section 12)', () => {
  it('builds requests: parties, rising CSeq, remote target', () => {
    const dialog = make();
    const info = dialog.request('INFO');
    expect(info.uri).toBe('sip:a@192.0.2.1:5070');
    expect(info.headers.get('From')).toBe('<sip:b@host>;tag=ours');
    expect(info.headers.get('To')).toBe('<sip:a@host>;tag=theirs');
    expect(cseqOf(info)).toEqual({ seq: 6, method: 'INFO' });
    expect(cseqOf(dialog.request('BYE'))?.seq).toBe(7);
  });

  it('an ACK has the number of its INVITE and counts nothing up', () => {
    const dialog = make();
    expect(cseqOf(dialog.request('ACK', 3))).toEqual({ seq: 3, method: 'ACK' });
    expect(cseqOf(dialog.request('BYE'))?.seq).toBe(6);
  });

  it('follows loose and strict routes', () => {
    const loose = make(['<sip:p1;lr>', '<sip:p2;lr>']).request('BYE');
    expect(loose.uri).toBe('sip:a@192.0.2.1:5070');
    expect(loose.headers.getAll('Route')).toEqual(['<sip:p1;lr>', '<sip:p2;lr>']);
    const strict = make(['<sip:p1>', '<sip:p2;lr>']).request('BYE');
    expect(strict.uri).toBe('sip:p1');
    expect(strict.headers.getAll('Route')).toEqual(['<sip:p2;lr>', '<sip:a@192.0.2.1:5070>']);
  });

  it('admits rising numbers only', () => {
    const dialog = make();
    const request = requestOf('INFO');
    expect(dialog.admit(request, peer)).toBe(false);
    request.headers.set('CSeq', '7 INFO');
    expect(dialog.admit(request, peer)).toBe(true);
    expect(dialog.admit(request, peer)).toBe(false);
  });

  it('takes a new target from a Contact', () => {
    const dialog = make();
    const request = requestOf('INVITE');
    request.headers.append('Contact', '<sip:a@192.0.2.99>');
    dialog.refreshTarget(request);
    expect(dialog.request('BYE').uri).toBe('sip:a@192.0.2.99');
  });
});

describe('DialogTable', () => {
  it('finds by name, by tags and by owner, and forgets', () => {
    const table = new DialogTable<string>();
    const dialog = make();
    table.add(dialog);
    expect(table.byId(dialog.id)).toBe(dialog);
    expect(table.byTags('call', 'ours', 'theirs')).toBe(dialog);
    expect(table.byTags('call', 'ours', 'others')).toBeUndefined();
    expect(table.ownedBy('application')).toEqual([dialog]);
    table.remove(dialog);
    expect([table.size, table.byId(dialog.id)]).toEqual([0, undefined]);
  });
});
