/* What a C library in the same process may do: a signal handler with or without SA_ONSTACK
 * that uses so many bytes of stack, and a thread that sends the signal to all others. */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile long hits, stop;
static size_t size;

static void handle(int number) {
  (void)number;
  volatile char room[size];
  memset((char *)room, 1, size);
  hits++;
}

int install(int number, int flags, size_t bytes) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART | flags;
  size = bytes;
  return sigaction(number, &action, NULL);
}

static void *send(void *number) {
  while (!stop) {
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
      const pid_t thread = atoi(entry->d_name);
      if (thread > 0 && thread != gettid()) syscall(SYS_tgkill, getpid(), thread, *(int *)number);
    }
    closedir(folder);
  }
  return NULL;
}

static pthread_t sender;

int begin(int number) {
  static int kept;
  kept = number;
  stop = 0;
  return pthread_create(&sender, NULL, send, &kept);
}

void end(void) {
  stop = 1;
  pthread_join(sender, NULL);
}

long seen(void) { return hits; }
