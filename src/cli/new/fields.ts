// The fields of each kind of file, in the order in which they are asked. What an instrument does not state is not answered, and the file
// says so; nothing is made up for it.

import {
  ANSWERS,
  BINDINGS,
  DEMANDS,
  DEVICES,
  NETWORKS,
  ROLES,
  SCOPES,
  SEGMENT_KINDS,
  SOURCE_KINDS,
  STATUSES,
} from '../../policy/model.ts';
import { type Answers, all, always, type Calendar, type Field, type Kind, one } from './field.ts';

const today = (_: Answers, { today: day }: Calendar) => [day];
const inAYear = (_: Answers, { inAYear: day }: Calendar) => [day];
const word =
  (...words: string[]) =>
  () =>
    words;
const isRead = (given: Answers) => one(given, 'source') !== 'memory';

const APP: readonly Field[] = [
  { flag: 'id', shape: 'id', about: 'its id, and the name of the file', isNeeded: always },
  { flag: 'name', shape: 'text', about: 'the name people know it by', isNeeded: always },
  { flag: 'operator', shape: 'text', about: 'the company that provides it' },
  {
    flag: 'as-of',
    shape: 'date',
    about: 'when that was last known to be so',
    isAsked: (given) => one(given, 'operator') !== undefined,
    usual: today,
  },
  { flag: 'domain', shape: 'name', about: 'names that are its own, with everything below', isMany: true },
  {
    flag: 'exact',
    shape: 'name',
    about: 'single names of it, on what others use too',
    isMany: true,
    isNeeded: (given) => all(given, 'domain').length === 0,
  },
  { flag: 'role', shape: ROLES, about: 'what these names do for it', usual: word('unspecified') },
  {
    flag: 'confidence',
    shape: ['high', 'medium'],
    about: 'how sure it is that they are its own; less is no rule',
    isNeeded: always,
  },
  {
    flag: 'evidence',
    shape: 'evidence',
    about: 'where that was seen, source@version; sources.yaml has the sources',
    isMany: true,
    isNeeded: always,
  },
  { flag: 'recheck-by', shape: 'date', about: 'when to look at the evidence again', usual: inAYear },
  {
    flag: 'blocked',
    shape: 'name',
    about: 'names that must match, as a test',
    isMany: true,
    usual: (given) => [...all(given, 'domain'), ...all(given, 'exact')],
  },
  {
    flag: 'free',
    shape: 'name',
    about: 'names that must stay free, as a test: neighbours, look-alikes',
    isMany: true,
    isNeeded: always,
  },
  { flag: 'unassigned', shape: 'text', about: 'why no directive names it; leave it out when one does' },
];

const DIRECTIVE: readonly Field[] = [
  { flag: 'id', shape: 'id', about: 'its id, and the name of the file: where, who, when', isNeeded: always },
  { flag: 'title', shape: 'text', about: 'what the instrument is called', isNeeded: always },
  { flag: 'instrument', shape: 'instrument', about: 'the word for it that people see', isNeeded: always },
  { flag: 'authority', shape: 'text', about: 'who issued it', isNeeded: always },
  {
    flag: 'jurisdiction',
    shape: 'jurisdiction',
    about: "ISO 3166 code (GB, GB-SCT), EU for its institutions, or the department's own id",
    isNeeded: always,
  },
  { flag: 'issued', shape: 'date', about: 'the day of issue', isNeeded: always },
  { flag: 'effective', shape: 'moment', about: 'from when on it holds, if that is stated' },
  { flag: 'ends', shape: 'moment', about: 'its last day, if one is stated' },
  { flag: 'status', shape: STATUSES, about: 'where it stands', usual: word('in-force') },
  { flag: 'binding', shape: BINDINGS, about: 'whether it binds or advises', isNeeded: always },
  { flag: 'bodies', shape: 'text', about: 'which bodies it binds, as it says it' },
  { flag: 'devices', shape: DEVICES, about: 'which devices it names', isMany: true },
  { flag: 'networks', shape: NETWORKS, about: 'which networks it names', isMany: true },
  { flag: 'demands', shape: DEMANDS, about: 'what it demands', isMany: true },
  { flag: 'scope', shape: SCOPES, about: 'how far it reaches beyond the apps it names', isNeeded: always },
  {
    flag: 'app',
    shape: 'id',
    about: 'ids of the apps it names',
    isMany: true,
    isNeeded: (given) => one(given, 'status') !== 'under-review',
  },
  { flag: 'classes', shape: 'class', about: 'the only classes of exemption it allows', isMany: true },
  { flag: 'granted-by', shape: 'text', about: 'who grants exemptions' },
  { flag: 'longest', shape: 'span', about: 'the longest exemption it allows, such as 12 months' },
  {
    flag: 'source',
    shape: SOURCE_KINDS,
    about: "what was read: the issuer's own page, a report of it, or nothing",
    isNeeded: always,
  },
  { flag: 'url', shape: 'url', about: 'where it was read', isNeeded: isRead, isAsked: isRead },
  { flag: 'retrieved', shape: 'date', about: 'when it was read', usual: today, isAsked: isRead },
  { flag: 'open-question', shape: 'text', about: 'what the text leaves open', isMany: true },
  { flag: 'review-by', shape: 'date', about: 'when to read it again', usual: inAYear },
];

const SEGMENT: readonly Field[] = [
  { flag: 'id', shape: 'id', about: 'its id, a label of metrics', isNeeded: always },
  { flag: 'kind', shape: SEGMENT_KINDS, about: 'whose devices these are', isNeeded: always },
  {
    flag: 'why-mixed',
    shape: 'text',
    about: 'why one network has devices of several kinds',
    isNeeded: (given) => one(given, 'kind') === 'mixed',
    isAsked: (given) => one(given, 'kind') === 'mixed',
  },
  { flag: 'jurisdiction', shape: 'jurisdiction', about: 'whose instruments reach it' },
  { flag: 'clients', shape: 'clients', about: 'prefixes of its clients', isMany: true, isNeeded: always },
  { flag: 'public-name', shape: 'text', about: 'what people are told it is called' },
  { flag: 'contact', shape: 'text', about: 'whom people may ask' },
  { flag: 'answer', shape: ANSWERS, about: 'how names that are not allowed are answered', usual: word('nxdomain') },
  { flag: 'enforce', shape: 'id', about: 'directives to enforce, in the order people are told', isMany: true },
  { flag: 'monitor', shape: 'id', about: 'directives to monitor: decided and counted, let through', isMany: true },
  {
    flag: 'monitor-until',
    shape: 'moment',
    about: 'the last day of that; they are enforced after it',
    isAsked: (given) => all(given, 'monitor').length > 0,
  },
];

const EXEMPTION: readonly Field[] = [
  {
    flag: 'id',
    shape: 'exemption-id',
    about: 'its id, and the name of the file',
    usual: (_, { nextExemption }) => [nextExemption],
  },
  { flag: 'segment', shape: 'id', about: 'the segment its clients are in', isNeeded: always },
  { flag: 'clients', shape: 'clients', about: 'prefixes of its clients', isMany: true, isNeeded: always },
  { flag: 'under', shape: 'id', about: 'the directives it lifts', isMany: true, isNeeded: always },
  { flag: 'app', shape: 'id', about: 'the apps it frees', isMany: true, isNeeded: always },
  { flag: 'class', shape: 'class', about: 'its class, which each of these directives allows', isNeeded: always },
  { flag: 'requested-by', shape: 'text', about: 'who asked; a staff reference will do', isNeeded: always },
  { flag: 'approved-by', shape: 'text', about: 'who agreed: somebody else', isNeeded: always },
  { flag: 'approved-on', shape: 'date', about: 'when', isNeeded: always },
  { flag: 'ticket', shape: 'text', about: 'the case it belongs to', isNeeded: always },
  { flag: 'justification', shape: 'text', about: 'why, or where that is written down', isNeeded: always },
  { flag: 'mitigation', shape: 'text', about: 'what keeps the risk small', isMany: true },
  { flag: 'from', shape: 'moment', about: 'its first day', usual: today },
  { flag: 'until', shape: 'moment', about: 'its last day; every exemption ends', isNeeded: always },
];

export const FIELDS: Readonly<Record<Kind, readonly Field[]>> = {
  app: APP,
  directive: DIRECTIVE,
  segment: SEGMENT,
  exemption: EXEMPTION,
};
