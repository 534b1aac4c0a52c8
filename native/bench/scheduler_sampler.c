// Samples the normal schedulers of an Erlang VM from outside, for bench/schedulers.exs: every 2 ms
// the time that each has run and has waited for a processor, so that waits for the processor are
// not taken for a scheduler that is held.
//
// Usage: bench_scheduler_sampler PID FILE. Ends when its standard input does. Each line of FILE:
// CLOCK_REALTIME in ns, number of the scheduler, ns on a processor, ns waited for one.
// Source: docs.kernel.org/scheduler/sched-stats.html, /proc/<pid>/schedstat
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { kMostSchedulers = 256 };

struct scheduler {
  int number;
  FILE* stats;
};

static int find_schedulers(const char* pid, struct scheduler* found) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/task", pid);
  DIR* tasks = opendir(path);
  if (tasks == NULL) return 0;
  int count = 0;
  for (struct dirent* task = readdir(tasks); task != NULL; task = readdir(tasks)) {
    char name[64] = "";
    snprintf(path, sizeof path, "/proc/%s/task/%s/comm", pid, task->d_name);
    FILE* file = fopen(path, "r");
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
    snprintf(path, sizeof path, "/proc/%s/task/%s/schedstat", pid, task->d_name);
    found[count].stats = fopen(path, "r");
    if (found[count].stats != NULL && ++count == kMostSchedulers) break;
  }
  closedir(tasks);
  return count;
}

static void sample(const struct scheduler* schedulers, int count, FILE* out) {
  for (int i = 0; i < count; ++i) {
    struct timespec now;
    unsigned long long ran = 0;
    unsigned long long waited = 0;
    rewind(schedulers[i].stats);
    fflush(schedulers[i].stats);
    if (fscanf(schedulers[i].stats, "%llu %llu", &ran, &waited) != 2) continue;
    clock_gettime(CLOCK_REALTIME, &now);
    fprintf(out, "%lld %d %llu %llu\n", (long long)now.tv_sec * 1000000000 + now.tv_nsec,
            schedulers[i].number, ran, waited);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  static struct scheduler schedulers[kMostSchedulers];
  const int count = find_schedulers(argv[1], schedulers);
  FILE* out = fopen(argv[2], "w");
  if (count == 0 || out == NULL) return 1;
  // Where it is allowed: it must run while the processors are busy.
  setpriority(PRIO_PROCESS, 0, -20);
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  while (poll(&input, 1, 2) == 0) sample(schedulers, count, out);
  fclose(out);
  return 0;
}
