/** Audits and their reports. */
import { z } from 'zod';
import { compare, htmlReport, sarifReport } from '../../audit/index.ts';
import type { Audit } from '../../audit/records/index.ts';
import type { Reach } from '../../fleet/registry/index.ts';
import { idParams, pageOf, pageQuery, type Routes } from '../route.ts';
import { auditSchema } from '../schemas.ts';

const FORMATS = ['json', 'html', 'sarif'] as const;

export const auditRoutes: Routes = (api, { audits }) => {
  api.route({
    method: 'GET',
    url: '/audits',
    config: { access: 'audits.read' },
    schema: {
      tags: ['audits'],
      summary: 'List audits, newest first',
      querystring: z.object({ ...pageQuery, site: z.string().optional() }),
      response: { 200: pageOf(auditSchema) },
    },
    handler: async ({ query, reach }) => {
      const { limit, cursor, site } = query;
      const found = await audits.list({
        limit: limit + 1,
        before: cursor,
        ...(site === undefined ? {} : { site }),
      });
      const items = found.slice(0, limit).map((audit) => shown(audit, reach));
      return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
    },
  });

  api.route({
    method: 'GET',
    url: '/audits/:id',
    config: { access: 'audits.read' },
    schema: {
      tags: ['audits'],
      summary: 'An audit: how far it is, and what it found',
      params: idParams,
      response: { 200: auditSchema },
    },
    handler: async ({ params, reach }) => shown(await audits.get(params.id), reach),
  });

  api.route({
    method: 'GET',
    url: '/audits/:id/report',
    config: { access: 'audits.read' },
    schema: {
      tags: ['audits'],
      summary: 'The whole report, as JSON, as one HTML page or as SARIF',
      params: idParams,
      querystring: z.object({ format: z.enum(FORMATS).default('json') }),
    },
    handler: async ({ params, query, allow }, reply) => {
      // It holds devices of all segments.
      allow('audits.read', {});
      const report = await audits.report(params.id);
      if (query.format === 'html')
        return reply
          .type('text/html; charset=utf-8')
          .header('content-disposition', `attachment; filename="audit-${params.id}.html"`)
          .send(htmlReport(report));
      return reply.send(query.format === 'sarif' ? sarifReport(report) : report);
    },
  });

  api.route({
    method: 'GET',
    url: '/audits/:id/comparison',
    config: { access: 'audits.read' },
    schema: {
      tags: ['audits'],
      summary: 'What is new, gone and changed since another audit',
      params: idParams,
      querystring: z.object({ with: z.string() }),
    },
    handler: async ({ params, query, allow }, reply) => {
      allow('audits.read', {});
      const [report, baseline] = await Promise.all([
        audits.report(params.id),
        audits.report(query.with),
      ]);
      return reply.send(compare(report, baseline, query.with));
    },
  });
};

/** What an audit found is a number of all segments: not for who sees only some. */
const shown = (audit: Audit, { segments }: Reach): Audit =>
  segments === undefined ? audit : { ...audit, summary: null };
