/** The running system behind its doors: the address that people use, and the socket of the machine's owner. */
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Server as TlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { consoleCaller } from '../access/index.ts';
import { openSystem, type System, type SystemOptions } from '../app/system/index.ts';
import { UsageError } from '../base/index.ts';
import { type CertificateFiles, followCertificate, readCertificate } from './certificate.ts';
import { consoleRoutes } from './console-routes.ts';
import type { Server } from './route.ts';
import { buildServer, type ServerOptions } from './server.ts';

export interface ServeOptions extends Omit<ServerOptions, 'console' | 'tls' | 'publicUrl'> {
  readonly system: Omit<SystemOptions, 'onError' | 'version' | 'access'> & {
    readonly access?: Omit<SystemOptions['access'], 'origin'> | undefined;
  };
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where people reach it; `http://localhost:PORT` when absent. */
  readonly publicUrl?: string | undefined;
  readonly tls?: CertificateFiles | undefined;
}

export interface Serving {
  readonly system: System;
  readonly url: string;
  /** Lets requests under way end, then stops everything; within ten seconds. */
  stop(): Promise<void>;
}

/** How long requests under way may take once it stops. */
const DRAIN_MS = 6000;

/** @throws ConflictError `already-running`; UsageError `address-taken`; InputError `certificate-invalid`, `data-folder`. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { log, version, host } = options;
  const tls = options.tls && readCertificate(options.tls);
  const port = await freePort(host, options.port);
  const publicUrl = options.publicUrl ?? `http://localhost:${port}`;
  const system = await openSystem({
    ...options.system,
    access: { ...options.system.access, origin: publicUrl },
    version,
    onError: (what, error) => log.error({ err: error }, what),
  });
  const servers: Server[] = [];
  let unfollow = () => {};
  const stop = async () => {
    unfollow();
    await drain(servers);
    await system.stop();
  };
  try {
    const socket = system.folder.socket;
    rmSync(socket, { force: true });
    const { tls: _, ...rest } = options;
    const common = { ...rest, publicUrl, pages: rest.pages ?? builtConsole() };
    const owner = consoleCaller(userInfo().username);
    const door = await buildServer(system, { ...common, console: owner });
    servers.push(door);
    consoleRoutes(door, system, owner);
    await door.listen({ path: socket });
    chmodSync(socket, 0o600);
    const server = await buildServer(system, { ...common, ...(tls ? { tls } : {}) });
    servers.push(server);
    await server.listen({ host, port });
    if (options.tls)
      unfollow = followCertificate(options.tls, server.server as unknown as TlsServer, (ok, err) =>
        ok ? log.info('the certificate was renewed') : log.error({ err }, 'certificate'),
      );
    await system.start();
    return { system, url: publicUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The console as it was built: beside the sources, or in the published package. */
function builtConsole(): string | undefined {
  const places = ['../console', '../../dist/console'];
  return places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((folder) => existsSync(join(folder, 'index.html')));
}

/** Waits for the requests under way, and cuts off what takes too long. */
async function drain(servers: readonly Server[]): Promise<void> {
  const late = setTimeout(() => {
    for (const { server } of servers) server.closeAllConnections();
  }, DRAIN_MS);
  await Promise.all(servers.map((server) => server.close()));
  clearTimeout(late);
}

/** The port, or a free one for 0. @throws UsageError `address-taken`, `address-unusable`. */
async function freePort(host: string, port: number): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => reject(addressError(host, port, error)));
    probe.listen({ host, port, exclusive: true }, () => {
      const { port: found } = probe.address() as { port: number };
      probe.close(() => resolve(found));
    });
  });
}

function addressError(host: string, port: number, error: NodeJS.ErrnoException): UsageError {
  const { code } = error;
  if (code === 'EADDRINUSE')
    return new UsageError(
      'address-taken',
      `another program listens on ${host}:${port}; stop it, or choose another port with --listen ${host}:PORT.`,
    );
  const reason =
    code === 'EACCES'
      ? 'this user may not; choose a port from 1024 on, or see docs/operating.md'
      : code === 'EADDRNOTAVAIL'
        ? 'this machine does not have that address'
        : String(code);
  return new UsageError('address-unusable', `cannot listen on ${host}:${port}: ${reason}.`, {
    cause: error,
  });
}
