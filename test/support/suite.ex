defmodule EctoLibSql.Suite do
  @moduledoc false
  # Once more on other databases: with ECTO_LIBSQL_SUITE=encrypted the helpers of the tests open files with a key, so that
  # what is tested is tested on encrypted files as well. A test that looks at a file from outside is tagged :plain.

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
