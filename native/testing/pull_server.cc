#include "testing/pull_server.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

namespace libsql::testing {

namespace {

constexpr std::size_t kFramesAtOnce = 64;

void append_little(std::uint64_t number, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i) & 0xFFU);
}

void append_big(std::uint64_t number, std::string& out) {
  for (int i = 3; i >= 0; --i) out += static_cast<char>(number >> (8 * i) & 0xFFU);
}

// A frame of the replication log.
std::string log_frame(std::uint64_t number, const PrimaryFrame& frame, std::uint32_t size_after) {
  std::string bytes;
  append_little(number, 8, bytes);
  append_little(0, 8, bytes);
  append_little(frame.page, 4, bytes);
  append_little(size_after, 4, bytes);
  return bytes + frame.image;
}

std::string message_of(const std::string& data) {
  std::string message;
  protozero::pbf_writer(message).add_bytes(1, data);
  return message;
}

std::string grpc_message(char flags, const std::string& message) {
  std::string bytes(1, flags);
  append_big(message.size(), bytes);
  return bytes + message;
}

std::string trailers(int status, const std::string& text = {}) {
  return grpc_message(
      '\x80', "grpc-status:" + std::to_string(status) + "\r\ngrpc-message:" + text + "\r\n");
}

std::uint64_t next_offset(const std::string& body) {
  const std::string message = body.substr(5);
  protozero::pbf_reader reader(message);
  while (reader.next()) {
    if (reader.tag() == 1) return reader.get_uint64();
    reader.skip();
  }
  return 0;
}

std::string delimited(const std::string& message) {
  std::string bytes;
  protozero::add_varint_to_buffer(&bytes, message.size());
  return bytes + message;
}

ScriptedAnswer as_grpc(const std::string& body) {
  ScriptedAnswer answer = answer_with(body);
  const std::string json = "application/json";
  answer.bytes.replace(answer.bytes.find(json), json.size(), "application/grpc-web");
  return answer;
}

}  // namespace

PullServer::PullServer(const std::string& database, PullProtocol protocol)
    : protocol_(protocol),
      log_(database),
      server_([this](const auto& request) { return answer(request); }) {}

void PullServer::execute(const std::string& sql) {
  const core::MutexLock lock(mutex_);
  log_.execute(sql);
}
std::string PullServer::file() {
  const core::MutexLock lock(mutex_);
  return log_.file();
}
std::uint64_t PullServer::head() {
  const core::MutexLock lock(mutex_);
  return log_.head();
}
void PullServer::reset_log() {
  const core::MutexLock lock(mutex_);
  id_ += "+";
  token_ += "+";
}
void PullServer::rename_log() {
  const core::MutexLock lock(mutex_);
  id_ += "+";
}
void PullServer::forget_sessions() {
  const core::MutexLock lock(mutex_);
  token_ += "+";
}
void PullServer::compact(int too_early) {
  const core::MutexLock lock(mutex_);
  first_ = log_.frames().size();
  too_early_ = too_early;
}
void PullServer::tamper(Tamper tamper) {
  const core::MutexLock lock(mutex_);
  tamper_ = std::move(tamper);
}
std::vector<std::string> PullServer::take_requests() {
  const core::MutexLock lock(mutex_);
  return std::exchange(requests_, {});
}

ScriptedAnswer PullServer::answer(const HttpServer::Request& request) {
  core::MutexLock lock(mutex_);
  requests_.emplace_back(request.target());
  ScriptedAnswer made = route(request);
  const Tamper tamper = tamper_;
  lock.unlock();
  if (tamper) tamper(request, made);
  return made;
}

ScriptedAnswer PullServer::route(const HttpServer::Request& request) {
  const std::string target(request.target());
  const std::string service = "/wal_log.ReplicationLog/";
  if (protocol_ == PullProtocol::replication_log && target.starts_with(service)) {
    return log_call(request, target.substr(service.size()));
  }
  const bool cloud = protocol_ == PullProtocol::updates || protocol_ == PullProtocol::generations;
  if (cloud && target == "/info") return answer_with(R"({"current_generation":1})");
  if (protocol_ == PullProtocol::updates && target == "/pull-updates") {
    return answer_with(updates(request.body()));
  }
  if (protocol_ == PullProtocol::generations) return generation(target);
  return answer_with("not found", 404);
}

ScriptedAnswer PullServer::log_call(const HttpServer::Request& request, const std::string& method) {
  if (method == "Hello") return as_grpc(grpc_message(0, hello()) + trailers(0));
  if (request["x-session-token"] != token_) return as_grpc(trailers(9, "NO_HELLO"));
  const std::uint64_t next = next_offset(request.body());
  if (method == "Snapshot" && too_early_ > 0) {
    --too_early_;
    return as_grpc(trailers(14, "snapshot not found"));
  }
  if (method == "Snapshot") return as_grpc(snapshot(next) + trailers(0));
  if (next < first_) return as_grpc(trailers(9, "NEED_SNAPSHOT"));
  return as_grpc(grpc_message(0, entries(next)) + trailers(0));
}

std::string PullServer::hello() const {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_string(3, id_);
  writer.add_bytes(4, token_);
  if (!log_.frames().empty()) writer.add_uint64(5, log_.head());
  return message;
}

std::string PullServer::entries(std::uint64_t next) const {
  std::string message;
  protozero::pbf_writer writer(message);
  const auto& frames = log_.frames();
  for (std::uint64_t i = next; i < frames.size(); ++i) {
    writer.add_message(1, message_of(log_frame(i, frames[i], frames[i].size_after)));
    if (frames[i].size_after != 0 && i - next >= kFramesAtOnce) break;
  }
  return message;
}

std::string PullServer::snapshot(std::uint64_t next) const {
  std::map<std::uint32_t, bool> seen;
  std::vector<std::uint64_t> chosen;
  for (std::uint64_t i = first_; i > next; --i) {
    if (!std::exchange(seen[log_.frames()[i - 1].page], true)) chosen.push_back(i - 1);
  }
  std::string body;
  for (const std::uint64_t i : chosen) {
    const bool last = i == chosen.back();
    body += grpc_message(0, message_of(log_frame(i, log_.frames()[i],
                                                 last ? log_.frames()[first_ - 1].size_after : 0)));
  }
  return body;
}

// The revision is the number of frames.
std::string PullServer::updates(const std::string& body) const {
  std::uint64_t after = 0;
  protozero::pbf_reader reader(body);
  while (reader.next()) {
    if (reader.tag() == 3) {
      after = std::strtoull(std::string(reader.get_view()).c_str(), nullptr, 10);
    } else {
      reader.skip();
    }
  }
  const auto& frames = log_.frames();
  std::string header;
  protozero::pbf_writer writer(header);
  writer.add_string(1, std::to_string(frames.size()));
  writer.add_uint64(2, frames.empty() ? 0 : frames.back().size_after);
  writer.add_message(3, std::string());
  std::string answer = delimited(header);
  std::map<std::uint32_t, const PrimaryFrame*> newest;
  for (std::uint64_t i = after; i < frames.size(); ++i) newest[frames[i].page] = &frames[i];
  for (const auto& [page, frame] : newest) {
    std::string message;
    protozero::pbf_writer fields(message);
    fields.add_uint64(1, page - 1);
    fields.add_bytes(2, frame->image);
    answer += delimited(message);
  }
  return answer;
}

// One generation, which begins with an empty database.
ScriptedAnswer PullServer::generation(const std::string& target) const {
  if (target == "/export/1") return answer_with("");
  const std::string sync = "/sync/1/";
  if (!target.starts_with(sync)) return answer_with("not found", 404);
  const std::uint64_t start = std::strtoull(target.c_str() + sync.size(), nullptr, 10);
  const auto& frames = log_.frames();
  if (start > frames.size()) {
    return answer_with(R"({"status":"ok","generation":1,"max_frame_no":)" +
                           std::to_string(frames.size()) + R"(,"baton":null})",
                       400);
  }
  std::string body;
  for (std::uint64_t i = start; i <= frames.size() && i < start + kFramesAtOnce; ++i) {
    append_big(frames[i - 1].page, body);
    append_big(frames[i - 1].size_after, body);
    body += std::string(16, '\0') + frames[i - 1].image;
  }
  return answer_with(body);
}

}  // namespace libsql::testing
