// The limit: what batched UDP costs when nothing is done but sending each packet back. The same socket that the workers use: dual-stack
// with packet info, 4 MiB buffers, 64 packets a call, answers leave from the address that was asked. Run: echo PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH 64
#define ROOM 2048
#define CONTROL 64

static struct mmsghdr messages[BATCH];
static struct iovec rooms[BATCH];
static struct sockaddr_in6 peers[BATCH];
static unsigned char bytes[BATCH][ROOM], control[BATCH][CONTROL];

static int openSocket(int port) {
  int fd = socket(AF_INET6, SOCK_DGRAM, 0), size = 4 << 20, on = 1, off = 0, omit = IPV6_PMTUDISC_OMIT, omit4 = IP_PMTUDISC_OMIT;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
  setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &omit, sizeof omit);
  setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &omit4, sizeof omit4);
  struct timeval wait = {0, 250000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("bind");
    exit(1);
  }
  return fd;
}

// What the kernel shortened or may have written is set anew before each receive.
static int receive(int fd) {
  for (int i = 0; i < BATCH; i++) {
    rooms[i] = (struct iovec){bytes[i], ROOM};
    messages[i].msg_hdr = (struct msghdr){&peers[i], sizeof peers[i], &rooms[i], 1, control[i], CONTROL, 0};
  }
  return recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
}

// Only the packet info goes back: the interface index 0 lets routing choose the way, and a drop counter is nothing to send.
static void prepare(int i) {
  struct msghdr *header = &messages[i].msg_hdr;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
    if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO) continue;
    struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);
    info->ipi6_ifindex = 0;
    header->msg_control = c;
    header->msg_controllen = CMSG_SPACE(sizeof *info);
    break;
  }
  bytes[i][2] |= 0x80;
  rooms[i].iov_len = messages[i].msg_len;
}

int main(int count, char **words) {
  int fd = openSocket(count > 1 ? atoi(words[1]) : 5304);
  for (;;) {
    int received = receive(fd);
    if (received <= 0) continue;
    for (int i = 0; i < received; i++) prepare(i);
    for (int sent = 0; sent < received;) {
      int now = sendmmsg(fd, messages + sent, received - sent, 0);
      sent += now > 0 ? now : 1; // a packet that cannot be sent is left out
    }
  }
}
