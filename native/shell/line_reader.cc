// Uses libedit's own interface (histedit.h), with a function of ours that reads characters, because
// it waits for Ctrl-C as well as for the keyboard.
#include "shell/line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cwchar>
#include <string_view>
#include <utility>

#include <histedit.h>

#include "shell/utf8.h"

namespace libsql::shell {
namespace {

constexpr int kHistoryEntries = 2000;
constexpr std::size_t kScreenWidth = 80;
constexpr std::size_t kGap = 2;
constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kMostCandidates = 100;

struct HistoryDeleter {
  void operator()(History* history) const noexcept { history_end(history); }
};
struct EditLineDeleter {
  void operator()(EditLine* editline) const noexcept { el_end(editline); }
};

// Prints candidates in columns below the line that is edited.
void list_candidates(const std::vector<std::string>& candidates) {
  std::size_t width = 0;
  for (const std::string& name : candidates) width = std::max(width, display_width(name));
  const std::size_t columns = std::max<std::size_t>(1, kScreenWidth / (width + kGap));
  std::string text;
  const std::size_t shown = std::min(candidates.size(), kMostCandidates);
  for (std::size_t i = 0; i < shown; ++i) {
    text += i % columns == 0 ? '\n' : ' ';
    text += printable(candidates[i]);
    text.append(width + kGap - 1 - display_width(candidates[i]), ' ');
  }
  if (shown < candidates.size()) {
    text += "\n... and " + std::to_string(candidates.size() - shown) + " more";
  }
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

struct LineReader::Editor {
  Editor(Interrupts& interrupts_to_watch, std::string file, Completer complete);

  static Editor& of(EditLine* editline) {
    void* self = nullptr;
    el_get(editline, EL_CLIENTDATA, &self);
    return *static_cast<Editor*>(self);
  }
  static const char* show_prompt(EditLine* editline) { return of(editline).prompt.c_str(); }
  static int read_character(EditLine* editline, wchar_t* character) {
    return of(editline).next_character(character);
  }

  static unsigned char tab_pressed(EditLine* editline, int /*key*/) {
    return of(editline).complete_word();
  }

  // 1 and a character, 0 at the end, -1 when interrupted.
  int next_character(wchar_t* character);
  bool wait_for_key();
  void remember(const char* line);
  // Inserts what all candidates have in common, or lists them. Returns a code of libedit.
  unsigned char complete_word();

  Interrupts& interrupts;
  Completer completer;
  std::string history_file;
  std::string prompt;
  bool interrupted = false;
  std::unique_ptr<History, HistoryDeleter> history{history_init()};
  std::unique_ptr<EditLine, EditLineDeleter> editline{el_init("libsql", stdin, stdout, stderr)};
};

LineReader::Editor::Editor(Interrupts& interrupts_to_watch, std::string file, Completer complete)
    : interrupts(interrupts_to_watch),
      completer(std::move(complete)),
      history_file(std::move(file)) {
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
  // libedit keeps these two strings; el_set() would pass it copies that nobody frees.
  el_wset(editline.get(), EL_ADDFN, L"libsql-complete", L"Complete the word", &tab_pressed);
  el_set(editline.get(), EL_BIND, "^I", "libsql-complete", nullptr);
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
  // Saved after each line, because a closed window ends the process without cleanup. A history file
  // that cannot be written is no error.
  if (!history_file.empty()) ::history(history.get(), &event, H_SAVE, history_file.c_str());
}

unsigned char LineReader::Editor::complete_word() {
  const LineInfo* const info = el_line(editline.get());
  const std::string_view before(info->buffer,
                                static_cast<std::size_t>(info->cursor - info->buffer));
  const Completion completion = completer(before);
  const bool word = completion.typed > 0 || !completion.candidates.empty();
  // After a blank, Tab inserts a tab character, so that indented text can be pasted.
  if (!word && (before.empty() || kBlanks.find(before.back()) != std::string_view::npos)) {
    return el_insertstr(editline.get(), "\t") == 0 ? CC_REFRESH : CC_ERROR;
  }
  if (completion.candidates.empty()) return CC_ERROR;
  const std::string_view typed = before.substr(before.size() - completion.typed);
  std::string text = completion.common_prefix();
  if (completion.candidates.size() > 1 && text.size() <= typed.size()) {
    list_candidates(completion.candidates);
    return CC_REDISPLAY;
  }
  if (completion.candidates.size() == 1) text += ' ';
  el_deletestr(editline.get(), static_cast<int>(count_characters(typed)));
  return el_insertstr(editline.get(), text.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
}

LineReader::LineReader(Interrupts& interrupts, std::string history_file, Completer completer)
    : editor_(std::make_unique<Editor>(interrupts, std::move(history_file), std::move(completer))) {
}

LineReader::~LineReader() = default;

LineReader::Outcome LineReader::read(const std::string& prompt, std::string& line) {
  editor_->prompt = prompt;
  editor_->interrupted = false;
  editor_->interrupts.clear_wake();
  // Sets raw mode before the prompt is shown. libedit does it afterwards, and a Ctrl-D typed in
  // between is lost.
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
