defmodule EctoLibSql.Suite do
  @moduledoc false
  # Once more on other databases: with ECTO_LIBSQL_SUITE=encrypted the helpers of the tests open files with a key, so that
  # what is tested is tested on encrypted files as well. Left out, tagged :plain, are
  #   bad_input_test: attaching a file that is no database: with a key, the error speaks of the key; see encryption_test
  #   options_test: temp_store: :file, which is refused for a connection with a key; see encryption_test
  #   encryption_test (four), encrypted_file_test, ecto/mix/encrypt_test: plain files and several keys; they run in the other suite
  #   doctor_test, ecto/mix/doctor_test: the doctor opens the file itself; with a key in encrypted_file_test and encrypt_test
  #   ecto/mix/file_maintenance_test: mix tasks open the file themselves; a backup with a key in encrypt_test

  #
  # With ECTO_LIBSQL_SUITE=late every connection is one whose answers come late, as a server's do
  # (native/testing/late_session.h; the native library must be built with LIBSQL_CMAKE_ARGS=-DLIBSQL_LATE_SESSIONS=ON). Left
  # out, tagged :local, is what only a connection to a local file has: its settings, copies, hooks and the queue of writers.

  #
  # With ECTO_LIBSQL_SUITE=server_http or server_ws every connection is one to a development server, over HTTP or a
  # WebSocket. Each database has a server of its own (EctoLibSql.SuiteServers); LIBSQL_DEV_SERVER names its program, also for tests
  # that start a VM without Mix. In addition to :local, left out are
  #   tagged :local_file: files, keys, attached databases, `sandbox: :isolated`, change events, and the settings of a connection and
  #     whom it waits for, which are the server's (a busy timeout, PRAGMAs between requests)
  #   tagged :local_answer, what differs by the protocol or by design, as docs/guides/servers.md says:
  #     callbacks_test, prepared_test: SQL is compiled when it runs first; the origin of a column is not known, and what was
  #       described is not described again after another connection has altered the table
  #     encoding_test, result_test, decimal_test: infinite numbers in JSON, and TEXT that is not UTF-8
  #     batch_test: a script that ends its own transaction is not stopped there
  #     cursors_test, timeouts_test: the first fetch is small and comes with the declaration
  #     threads_test: a write whose answer was not waited for may have happened
  #     bank_test: over HTTP the transaction of an interrupted request holds its lock until the server ends it
  #     metadata_test: load_extension() is refused by the server, in its words
  #     runner_test, up_and_down_test, rebuild_test: rebuilding a table that rows refer to, inside a migration's transaction
  #     fill_test, rebuild_test: keeping rows that break a CHECK constraint
  #     explain_test: the cost of a statement

  alias EctoLibSql.SuiteServers

  @key "the key of the encrypted suite .."
  @servers ["server_http", "server_ws"]

  def name, do: System.get_env("ECTO_LIBSQL_SUITE", "file")

  def server?, do: name() in @servers

  # The options of a connection or repository: with a key for files, or on a server.
  def options(options) do
    cond do
      name() == "encrypted" and file?(options[:database]) ->
        Keyword.put_new(options, :encryption_key, @key)

      server?() and served?(options) ->
        {database, options} = Keyword.pop(options, :database)
        Keyword.put(options, :uri, uri(database))

      true ->
        options
    end
  end

  # The URL of the server of a database, by the transport of the suite.
  defp uri(database) do
    "http" <> rest = SuiteServers.url(database)
    if name() == "server_ws", do: "ws" <> rest, else: "http" <> rest
  end

  defp served?(options) do
    options[:database] == ":memory:" or file?(options[:database])
  end

  defp file?(path), do: is_binary(path) and path != ":memory:" and not (path =~ ~r/^file:/)
end
