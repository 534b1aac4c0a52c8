#include "replica/updates_puller.h"

#include <optional>
#include <string>
#include <utility>

#include "hrana/malformed.h"
#include "libsql/error.h"
#include "replica/page_updates.h"

namespace libsql::replica {

namespace {

bool is_not_served(int status) { return status == 404 || status == 405 || status == 501; }

}  // namespace

void pull_updates(Primary& primary, SyncTurn& turn, Pulled& pulled) {
  const bool changes = turn.need() != Need::everything &&
                       turn.position().protocol == Protocol::updates &&
                       !turn.position().revision.empty();
  const std::string after = changes ? turn.position().revision : std::string();
  remote::Download::Request request;
  request.target = "/pull-updates";
  request.headers = {{"Content-Type", "application/protobuf"}};
  request.body = encode(UpdatesRequest{after, 0});
  const Primary::Answer answer = primary.ask(std::move(request), &is_not_served);
  if (is_not_served(answer.status)) throw NotServed{primary.text(*answer.download)};
  if (!changes && turn.need() != Need::everything) turn.start_over();

  std::optional<UpdatesHeader> header;
  std::uint64_t pages = 0;
  UpdatesReader reader;
  const UpdatesReader::Sink sink{[&](const UpdatesHeader& found) {
                                   header = found;
                                   if (found.replaces && turn.need() != Need::everything)
                                     turn.start_over();
                                   pulled.replaced = turn.need() == Need::everything;
                                 },
                                 [&](PageNumber number, ConstBytes image) {
                                   turn.add(number, image);
                                   ++pages;
                                   ++pulled.pages;
                                 }};
  primary.read_body(*answer.download, [&](std::string_view piece) { reader.feed(piece, sink); });
  try {
    reader.finish();
  } catch (const hrana::Malformed& malformed) {
    throw Error(ErrorKind::io,
                std::string("the primary's answer to /pull-updates is cut: ") + malformed.what());
  }
  const std::uint64_t count = changes ? turn.position().frame.value_or(0) : 0;
  const bool moved = header->revision != after;
  Position position{Protocol::updates, {}, moved ? count + 1 : count, header->revision};
  if (pages != 0) {
    turn.end_transaction(header->pages, position, Reached::head);
  } else if (turn.need() != Need::everything) {
    turn.nothing_new(std::move(position));
  } else if (header->pages != 0) {
    throw Error(ErrorKind::io, "the primary sent no page of its database");
  }
}

}  // namespace libsql::replica
