/** The running system behind its doors: the address that people use, and the socket of the machine's owner. */
import { existsSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { consoleCaller } from '../access/index.ts';
import { openSystem, type System, type SystemOptions } from '../app/system/index.ts';
import { UsageError } from '../base/index.ts';
import type { Server } from './route.ts';
import { buildServer, type ServerOptions } from './server.ts';

export interface ServeOptions extends Omit<ServerOptions, 'console'> {
  readonly system: Omit<SystemOptions, 'onError' | 'version'>;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface Serving {
  readonly system: System;
  readonly url: string;
  /** Lets requests under way end, then stops everything. */
  stop(): Promise<void>;
}

/** @throws UsageError `already-running` when another instance has the data folder. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { log, version } = options;
  const system = await openSystem({
    ...options.system,
    version,
    onError: (what, error) => log.error({ err: error }, what),
  });
  const servers: Server[] = [];
  const stop = async () => {
    for (const server of servers) await server.close();
    await system.stop();
  };
  try {
    await freeSocket(system.folder.socket);
    const door = await buildServer(system, {
      ...options,
      console: consoleCaller(userInfo().username),
    });
    servers.push(door);
    await door.listen({ path: system.folder.socket });
    const server = await buildServer(system, options);
    servers.push(server);
    await server.listen({ host: options.host, port: options.port });
    await system.start();
    return { system, url: options.publicUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Removes the socket of an instance that died; refuses when one is alive. */
async function freeSocket(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const alive = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (alive)
    throw new UsageError(
      'already-running',
      'another instance has this data folder; stop it first.',
    );
  rmSync(path);
}
