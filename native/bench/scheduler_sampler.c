// Samples the normal schedulers of an Erlang VM from outside, for bench/schedulers.exs: every half
// millisecond for how long each has run, and whether it sleeps. What is left of the time it waited
// for a processor. (Linux counts those waits too, in schedstat, but Linux 6.18 is wrong by
// seconds.) A thread of real-time priority on each processor notes when it is not woken in time:
// then the processor stood still for everybody, because a virtual machine's host had given it to
// another.
//
// Usage: bench_scheduler_sampler PID FILE. Ends when its standard input does. Lines of FILE, times
// in ns, those of a clock of CLOCK_REALTIME:
//   scheduler NUMBER TIME STATE RAN   states S and D sleep; it has run for RAN ns
//   stopped FROM TO                   a processor stood still
// Source: docs.kernel.org/scheduler/sched-stats.html, proc_pid_stat(5)
#define _GNU_SOURCE
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kMostSchedulers = 256, kTick = 500000 };

struct scheduler {
  int number;
  FILE* state;
  FILE* ran;
};

static FILE* open_task(const char* pid, const char* task, const char* name) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/task/%s/%s", pid, task, name);
  return fopen(path, "r");
}

static int find_schedulers(const char* pid, struct scheduler* found) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/task", pid);
  DIR* tasks = opendir(path);
  if (tasks == NULL) return 0;
  int count = 0;
  for (struct dirent* task = readdir(tasks); task != NULL; task = readdir(tasks)) {
    char name[64] = "";
    FILE* file = open_task(pid, task->d_name, "comm");
    if (file == NULL) continue;
    if (fgets(name, sizeof name, file) == NULL) name[0] = '\0';
    fclose(file);
    char* rest = NULL;
    const long number = strtol(name, &rest, 10);
    // OTP 25 names them "1_scheduler", OTP 26 and later "erts_sched_1".
    if (rest == name || strncmp(rest, "_scheduler", 10) != 0) {
      if (strncmp(name, "erts_sched_", 11) != 0) continue;
      found[count].number = atoi(name + 11);
    } else {
      found[count].number = (int)number;
    }
    found[count].state = open_task(pid, task->d_name, "stat");
    found[count].ran = open_task(pid, task->d_name, "schedstat");
    if (found[count].state == NULL || found[count].ran == NULL) continue;
    if (++count == kMostSchedulers) break;
  }
  closedir(tasks);
  return count;
}

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void reread(FILE* file) {
  rewind(file);
  fflush(file);
}

static void sample(const struct scheduler* schedulers, int count, FILE* out) {
  for (int i = 0; i < count; ++i) {
    char state = '?';
    unsigned long long ran = 0;
    reread(schedulers[i].state);
    reread(schedulers[i].ran);
    if (fscanf(schedulers[i].state, "%*d (%*[^)]) %c", &state) != 1) continue;
    if (fscanf(schedulers[i].ran, "%llu", &ran) != 1) continue;
    fprintf(out, "scheduler %d %lld %c %llu\n", schedulers[i].number, now_ns(), state, ran);
  }
}

// Ends with the program.
static void* watch_processor(void* out) {
  const struct timespec pause = {.tv_nsec = kTick};
  long long last = now_ns();
  while (nanosleep(&pause, NULL) == 0) {
    const long long now = now_ns();
    if (now - last > 2 * kTick) fprintf(out, "stopped %lld %lld\n", last + kTick, now);
    last = now;
  }
  return NULL;
}

// Without the right to a real-time priority nothing is watched.
static void watch_processors(FILE* out, const struct sched_param* priority) {
  for (int processor = 0; processor < sysconf(_SC_NPROCESSORS_ONLN); ++processor) {
    pthread_t thread;
    pthread_attr_t attributes;
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(processor, &processors);
    pthread_attr_init(&attributes);
    pthread_attr_setaffinity_np(&attributes, sizeof processors, &processors);
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    pthread_attr_setschedparam(&attributes, priority);
    if (pthread_create(&thread, &attributes, watch_processor, out) == 0) pthread_detach(thread);
    pthread_attr_destroy(&attributes);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  static struct scheduler schedulers[kMostSchedulers];
  const int count = find_schedulers(argv[1], schedulers);
  FILE* out = fopen(argv[2], "w");
  if (count == 0 || out == NULL) return 1;
  // Where it is allowed: it must run while the processors are busy.
  const struct sched_param priority = {.sched_priority = 1};
  sched_setscheduler(0, SCHED_FIFO, &priority);
  watch_processors(out, &priority);
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  const struct timespec pause = {.tv_nsec = kTick};
  while (ppoll(&input, 1, &pause, NULL) == 0) sample(schedulers, count, out);
  fflush(out);
  return 0;
}
