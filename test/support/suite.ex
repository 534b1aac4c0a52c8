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

  @key "the key of the encrypted suite .."

  def name, do: System.get_env("ECTO_LIBSQL_SUITE", "file")

  # The options of a connection or repository, with a key for files.
  def options(options) do
    if name() == "encrypted" and file?(options[:database]),
      do: Keyword.put_new(options, :encryption_key, @key),
      else: options
  end

  defp file?(path), do: is_binary(path) and path != ":memory:" and not (path =~ ~r/^file:/)
end
