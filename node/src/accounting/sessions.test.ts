import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import { createSessions } from './sessions.ts';

describe('sessions', () => {
  it('know a peer by its token and by the name made of it', () => {
    const sessions = createSessions((token) => `name of ${token}`);
    const token = sessions.issue('a');
    assert.equal(sessions.issue('a'), token);
    assert.equal(sessions.peer(token), 'a');
    assert.equal(sessions.byName(`name of ${token}`), 'a');
    assert.equal(sessions.peer('another'), undefined);
  });

  it('register names of a client’s own choice, each for one peer', () => {
    const sessions = createSessions();
    assert.throws(
      () => sessions.register('a', 'x'),
      (error) => isAppError(error, 'UNAUTHORIZED'),
    );
    sessions.issue('a');
    sessions.issue('b');
    sessions.register('a', 'x');
    sessions.register('a', 'x');
    assert.equal(sessions.byName('x'), 'a');
    assert.throws(
      () => sessions.register('b', 'x'),
      (error) => isAppError(error, 'CONFLICT'),
    );
    assert.equal(sessions.byName('x'), 'a');
    for (let i = 0; i < 15; i++) sessions.register('a', `x${i}`);
    assert.throws(
      () => sessions.register('a', 'one more'),
      (error) => isAppError(error, 'TOO_MANY'),
    );
  });
});
