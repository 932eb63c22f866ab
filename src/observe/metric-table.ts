// Every metric Interdict exports: the one table that code, docs/metrics.md and a test are made of. Names, types and labels are stable,
// dashboards and alerts hang on them. Base units, bounded labels, never a client or a query name.

export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One line, shown by Prometheus. */
  readonly help: string;
}

function row(name: string, type: MetricRow['type'], labels: string, help: string): MetricRow {
  return { name: `interdict_${name}`, type, labels: labels === '' ? [] : labels.split(' '), help };
}

export const METRICS: readonly MetricRow[] = [
  row('build_info', 'gauge', 'version revision node_version', 'Always 1; which program runs.'),
  row('ready', 'gauge', '', '1 when /readyz answers 200: ready or degraded.'),

  row(
    'dns_queries_total',
    'counter',
    'transport segment',
    'DNS messages received; segment none: the client belongs to no segment.',
  ),
  row('dns_responses_total', 'counter', 'transport rcode', 'DNS answers sent.'),
  row(
    'dns_dropped_total',
    'counter',
    'transport reason',
    'DNS messages not answered. Queries are responses, dropped and those in flight.',
  ),
  row('decisions_total', 'counter', 'door segment app action', 'Requests that matched an app, by what was decided.'),
  row(
    'app_matches_total',
    'counter',
    'app role action',
    'Requests that matched an app, by the role of the rule: use of the app apart from embedded content.',
  ),
  row(
    'enforcement_info',
    'gauge',
    'segment directive app mode',
    'Always 1; which directive has which app handled how in which segment.',
  ),
  row('clients_refused_total', 'counter', 'door reason', 'Requests refused because of who asked.'),
  row('dns_request_duration_seconds', 'histogram', 'path', 'From receiving a query to sending its answer.'),
  row('workers', 'gauge', '', 'Worker threads that answer DNS over UDP; 0 with portable sockets.'),
  row('worker_restarts_total', 'counter', '', 'Worker threads that died and were replaced.'),
  row('socket_drops_total', 'counter', 'listener', 'UDP datagrams that found the receive buffer full.'),
  row(
    'socket_errors_total',
    'counter',
    'listener operation error',
    'Calls on UDP sockets, receive or send, that ended in an error of the system.',
  ),

  row('dns_cache_requests_total', 'counter', 'result', 'Look-ups of upstream answers in the cache.'),
  row('dns_cache_entries', 'gauge', '', 'Upstream answers in the cache.'),
  row('dns_cache_bytes', 'gauge', '', 'Bytes the cached answers take.'),
  row('dns_cache_limit_bytes', 'gauge', '', 'Bytes the cached answers may take.'),
  row(
    'dns_cache_evictions_total',
    'counter',
    'reason',
    'Answers that left the cache before anybody asked for fresh ones.',
  ),
  row('upstream_requests_total', 'counter', 'upstream outcome', 'Queries sent upstream, by how they ended.'),
  row('upstream_request_duration_seconds', 'histogram', 'upstream', 'From sending a query upstream to its answer.'),
  row('upstream_up', 'gauge', 'upstream', '1 while the upstream answers.'),

  row(
    'policy_info',
    'gauge',
    'hash revision origin',
    'Always 1; which policy is served, the git commit its blocklists are checked out at, and its origin: files, last-good or rollback.',
  ),
  row('policy_last_reload_successful', 'gauge', '', '1 when the files, as last read, are what is served.'),
  row(
    'policy_last_reload_success_timestamp_seconds',
    'gauge',
    '',
    'When the files were last read without a refusal; 0: never.',
  ),
  row('policy_activated_timestamp_seconds', 'gauge', '', 'Since when the served policy is served; 0: there is none.'),
  row(
    'policy_valid_until_timestamp_seconds',
    'gauge',
    '',
    'When the next thing begins or ends; +Inf: nothing known will.',
  ),
  row('policy_overdue', 'gauge', '', '1 when something should have begun or ended and the policy for it is late.'),
  row(
    'policy_reloads_total',
    'counter',
    'outcome',
    'Reloads by how they ended; pinned: the files are good and wait for the end of a rollback.',
  ),
  row('policy_rules', 'gauge', 'app', 'Rules of each app.'),
  row('policy_problems', 'gauge', 'severity', 'Problems found when the files were last read.'),
  row('directive_review_timestamp_seconds', 'gauge', 'directive', 'When the directive is to be reviewed.'),
  row('exemption_expiry_timestamp_seconds', 'gauge', 'exemption', 'When the exemption ends; shown until 7 days after.'),
  row('overrides', 'gauge', 'kind', 'Overrides that hold.'),
  row(
    'override_expiry_timestamp_seconds',
    'gauge',
    'kind',
    'When the first of those that hold ends, unconfirmed ones within the hour; absent while none holds.',
  ),
  row('feed_last_success_timestamp_seconds', 'gauge', 'feed', 'When the feed was last read into the served policy.'),
  row('feed_rules', 'gauge', 'feed', 'Rules taken from the feed.'),

  row(
    'probe_success',
    'gauge',
    'segment expect',
    '1 when the instance, asked by itself, did as expected for clients of the segment: block, allow, exempt, ended (blocked again since an exemption ended).',
  ),
  row(
    'probe_listener_success',
    'gauge',
    'transport',
    '1 when every listener of the transport answered a query of the instance itself.',
  ),
  row('probe_timestamp_seconds', 'gauge', '', 'When the instance last asked itself all of this; 0: never.'),

  row(
    'events_dropped_total',
    'counter',
    'sink',
    'Decision events lost, by where: in the ring behind the answers, or on the way to the file.',
  ),
  row(
    'miss_ring_full_total',
    'counter',
    '',
    'Queries answered SERVFAIL because too many were waiting for upstreams, in all or for one question.',
  ),
];
