// libedit's own interface (histedit.h). Characters are read by us, because we must wait for Ctrl-C
// as well as for the keyboard.
#include "shell/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <string_view>
#include <utility>

#include <histedit.h>

namespace libsql::shell {
namespace {

constexpr int kHistoryEntries = 2000;

struct HistoryDeleter {
  void operator()(History* history) const noexcept { history_end(history); }
};
struct EditLineDeleter {
  void operator()(EditLine* editline) const noexcept { el_end(editline); }
};

std::string environment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): never set
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

std::string history_path() {
  if (const std::string state = environment("XDG_STATE_HOME"); !state.empty()) {
    return state + "/libsql_history";
  }
  const std::string home = environment("HOME");
  return home.empty() ? home : home + "/.libsql_history";
}

struct LineReader::Editor {
  Editor(Interrupts& interrupts_to_watch, std::string file);

  static Editor& of(EditLine* editline) {
    void* self = nullptr;
    el_get(editline, EL_CLIENTDATA, &self);
    return *static_cast<Editor*>(self);
  }
  static const char* show_prompt(EditLine* editline) { return of(editline).prompt.c_str(); }
  static int read_character(EditLine* editline, wchar_t* character) {
    return of(editline).next_character(character);
  }

  // 1 and a character, 0 at the end, -1 when interrupted.
  int next_character(wchar_t* character);
  bool wait_for_key();
  void remember(const char* line);

  Interrupts& interrupts;
  std::string history_file;
  std::string prompt;
  bool interrupted = false;
  std::unique_ptr<History, HistoryDeleter> history{history_init()};
  std::unique_ptr<EditLine, EditLineDeleter> editline{el_init("libsql", stdin, stdout, stderr)};
};

LineReader::Editor::Editor(Interrupts& interrupts_to_watch, std::string file)
    : interrupts(interrupts_to_watch), history_file(std::move(file)) {
  HistEvent event;
  ::history(history.get(), &event, H_SETSIZE, kHistoryEntries);
  ::history(history.get(), &event, H_SETUNIQUE, 1);
  if (!history_file.empty()) ::history(history.get(), &event, H_LOAD, history_file.c_str());
  el_set(editline.get(), EL_CLIENTDATA, this);
  el_set(editline.get(), EL_PROMPT, &show_prompt);
  el_set(editline.get(), EL_EDITOR, "emacs");
  el_set(editline.get(), EL_SIGNAL, 1);
  el_set(editline.get(), EL_HIST, &::history, history.get());
  el_set(editline.get(), EL_GETCFN, &read_character);
  el_source(editline.get(), nullptr);  // The user's ~/.editrc
}

bool LineReader::Editor::wait_for_key() {
  std::array<pollfd, 2> fds{{{STDIN_FILENO, POLLIN, 0}, {interrupts.wake_fd(), POLLIN, 0}}};
  while (poll(fds.data(), fds.size(), -1) < 0) {
    if (errno != EINTR) return false;
  }
  interrupted = (fds[1].revents & POLLIN) != 0;
  return !interrupted;
}

int LineReader::Editor::next_character(wchar_t* character) {
  std::mbstate_t state{};
  for (;;) {
    if (!wait_for_key()) return -1;
    char byte = 0;
    const auto count = ::read(STDIN_FILENO, &byte, 1);
    if (count <= 0) return static_cast<int>(count);
    const std::size_t result = std::mbrtowc(character, &byte, 1, &state);
    if (result == static_cast<std::size_t>(-2)) continue;  // The character has more bytes.
    if (result == static_cast<std::size_t>(-1)) {
      state = {};
      continue;  // Not UTF-8: dropped.
    }
    return 1;
  }
}

void LineReader::Editor::remember(const char* line) {
  if (std::string_view(line).find_first_not_of(" \t\n") == std::string_view::npos) return;
  HistEvent event;
  ::history(history.get(), &event, H_ENTER, line);
  // At once, because a closed window ends us without a word. Best effort: a home folder that cannot
  // be written must not spoil the session.
  if (!history_file.empty()) ::history(history.get(), &event, H_SAVE, history_file.c_str());
}

LineReader::LineReader(Interrupts& interrupts, std::string history_file)
    : editor_(std::make_unique<Editor>(interrupts, std::move(history_file))) {}

LineReader::~LineReader() = default;

LineReader::Outcome LineReader::read(const std::string& prompt, std::string& line) {
  editor_->prompt = prompt;
  editor_->interrupted = false;
  editor_->interrupts.clear_wake();
  // Before the prompt is shown: libedit does it after, and a Ctrl-D typed in between gets lost.
  el_set(editor_->editline.get(), EL_PREP_TERM, 1);
  int length = 0;
  const char* const text = el_gets(editor_->editline.get(), &length);
  if (editor_->interrupted) {
    editor_->interrupts.clear_wake();
    el_reset(editor_->editline.get());
    std::fputs("^C\n", stdout);
    return Outcome::interrupted;
  }
  if (text == nullptr || length <= 0) return Outcome::end;
  editor_->remember(text);
  line.assign(text, static_cast<std::size_t>(length));
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  return Outcome::line;
}

}  // namespace libsql::shell
