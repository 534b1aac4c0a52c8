defmodule Mix.Tasks.EctoLibsql.Convert do
  @shortdoc "Turns UUIDs kept as bytes into texts"

  @moduledoc """
  Turns UUIDs that a text column holds as 16 bytes into their texts of 36 characters, which is what this
  adapter writes. The older Rust-based ecto_libsql left such bytes; they are read, but comparisons with text
  miss them.

      $ mix ecto_libsql.convert priv/my_app.db                         # counts them
      $ mix ecto_libsql.convert priv/my_app.db users.id posts.user_id  # converts these columns
      $ mix ecto_libsql.convert priv/my_app.db --all                   # converts all of them

  One transaction converts everything or nothing. Foreign keys are checked at its end, so a key is to be
  converted together with the columns that refer to it. Make a backup before.
  """

  use Mix.Task

  alias EctoLibSql.FileMaintenance

  @impl Mix.Task
  def run(args) do
    {opts, arguments} = OptionParser.parse!(args, strict: [all: :boolean])
    Mix.Task.run("app.config")

    case arguments do
      [path] -> convert(path, if(opts[:all], do: :all, else: []))
      [path | columns] when opts == [] -> convert(path, columns)
      _other -> Mix.raise("usage: mix ecto_libsql.convert FILE [--all | TABLE.COLUMN ...]")
    end
  end

  defp convert(path, wanted) do
    case FileMaintenance.convert_uuids(path, wanted) do
      {:ok, []} -> Mix.shell().info("no text column holds UUIDs as bytes")
      {:ok, columns} -> Enum.each(columns, &Mix.shell().info(line(&1, wanted)))
      {:error, error} -> Mix.raise(Exception.message(error))
    end
  end

  defp line({column, count}, []), do: "#{column} holds #{count} UUIDs as bytes"
  defp line({column, count}, _wanted), do: "#{column}: #{count} converted"
end
