// Everybody's upstream: answers from a file of prepared answers (bench/load/zone.ts writes it), as a resolver would. A name that the file
// does not hold has one A record and nothing else. Run: upstream PORT FILE
//
// File: records of u16 key length, key (name in lower case as on the wire, u16 type), u8 rcode, u16 answers, u16 authorities,
// u16 body length, body: the sections behind the question. Numbers are big-endian.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 64
#define ROOM 4096
#define SLOTS (1u << 20)

typedef unsigned char byte;
static byte *slots[SLOTS];
static struct mmsghdr messages[BATCH];
static struct iovec rooms[BATCH];
static struct sockaddr_in peers[BATCH];
static byte bytes[BATCH][ROOM];

static unsigned u16(const byte *at) { return at[0] << 8 | at[1]; }

static unsigned hash(const byte *key, unsigned length) {
  unsigned h = 2166136261u;
  for (unsigned i = 0; i < length; i++) h = (h ^ key[i]) * 16777619u;
  return h ^ h >> 15;
}

static byte *find(const byte *key, unsigned length) {
  for (unsigned i = hash(key, length);; i++) {
    byte *record = slots[i % SLOTS];
    if (record == NULL || (u16(record) == length && memcmp(record + 2, key, length) == 0)) return record;
  }
}

static void load(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) { perror(path); exit(1); }
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  byte *data = malloc(size + 1);
  if (fread(data, 1, size, file) != (size_t)size) exit(1);
  unsigned count = 0;
  for (byte *at = data; at < data + size && count < SLOTS / 2; count++) {
    unsigned length = u16(at), i = hash(at + 2, length);
    while (slots[i % SLOTS] != NULL) i++;
    slots[i % SLOTS] = at;
    at += 2 + length + 7;
    at += u16(at - 2);
  }
}

// Bytes of the reply, 0 for what is no query of one question.
static unsigned answer(byte *packet, unsigned length) {
  byte key[258];
  unsigned at = 12, kept = 0;
  if (length < 17 || packet[2] & 0x80 || u16(packet + 4) != 1) return 0;
  while (at < length && packet[at] != 0 && packet[at] < 64 && kept < 250) {
    for (unsigned left = packet[at] + 1; left > 0 && at < length && kept < 255; left--, at++)
      key[kept++] = packet[at] >= 'A' && packet[at] <= 'Z' ? packet[at] + 32 : packet[at];
  }
  if (at + 5 > length || packet[at] != 0) return 0;
  key[kept++] = 0;
  key[kept++] = packet[at + 1];
  key[kept++] = packet[at + 2];
  unsigned end = at + 5, hasOpt = u16(packet + 10) > 0, dnssecOk = hasOpt && end + 8 < length ? packet[end + 7] & 0x80 : 0;
  static const byte plain[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 198, 18, 0, 1};
  static const byte absent[] = {0xc0, 12, 0, 6, 0, 1, 0, 0, 14, 16, 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 14, 16, 0, 0, 14, 16};
  const byte *record = find(key, kept), *body;
  unsigned rcode = 0, answers = 0, authorities = 0, size;
  if (record != NULL) {
    const byte *head = record + 2 + kept;
    rcode = head[0], answers = u16(head + 1), authorities = u16(head + 3), size = u16(head + 5), body = head + 7;
  } else if (key[kept - 1] == 1) {
    answers = 1, body = plain, size = sizeof plain;
  } else {
    authorities = 1, body = absent, size = sizeof absent;
  }
  packet[2] = 0x80 | (packet[2] & 1);
  packet[3] = 0x80 | rcode;
  packet[6] = answers >> 8, packet[7] = answers, packet[8] = authorities >> 8, packet[9] = authorities;
  packet[10] = 0, packet[11] = hasOpt;
  memcpy(packet + end, body, size);
  end += size;
  if (hasOpt) {
    const byte opt[] = {0, 0, 41, 4, 208, 0, 0, dnssecOk, 0, 0, 0};
    memcpy(packet + end, opt, sizeof opt);
    end += sizeof opt;
  }
  return end;
}

int main(int count, char **words) {
  if (count < 3) return 2;
  load(words[2]);
  int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) { perror("bind"); return 1; }
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      rooms[i] = (struct iovec){bytes[i], 512};
      messages[i].msg_hdr = (struct msghdr){&peers[i], sizeof peers[i], &rooms[i], 1, NULL, 0, 0};
    }
    int received = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL), kept = 0;
    for (int i = 0; i < received; i++) {
      unsigned length = answer(bytes[i], messages[i].msg_len);
      if (length == 0) continue;
      rooms[i].iov_len = length;
      messages[kept++].msg_hdr = messages[i].msg_hdr;
    }
    for (int sent = 0; sent < kept;) {
      int now = sendmmsg(fd, messages + sent, kept - sent, 0);
      sent += now > 0 ? now : 1;
    }
  }
}
