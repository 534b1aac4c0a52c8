defmodule EctoLibSql.Options.Process do
  @moduledoc false
  # Options that apply to the whole VM: `config :ecto_libsql`, and those of a connection that SQLite takes for all.

  import EctoLibSql.Options.Check

  @int64 0..0x7FFFFFFFFFFFFFFF
  @threads 1..10_000

  @doc "The keys of EctoLibSql.Nif.open/2."
  @spec all!(keyword()) :: map()
  def all!(opts) do
    configured =
      for key <- [:max_threads, :soft_heap_limit, :hard_heap_limit],
          do: {key, Application.get_env(:ecto_libsql, key)}

    %{
      max_threads: max_threads!(configured[:max_threads]),
      soft_heap_limit: heap_limit!(opts, configured, :soft_heap_limit),
      hard_heap_limit: heap_limit!(opts, configured, :hard_heap_limit)
    }
  end

  defp max_threads!(count) when is_nil(count) or (is_integer(count) and count in @threads),
    do: count

  defp max_threads!(other) do
    refuse(
      "config :ecto_libsql, max_threads: must be an integer from #{@threads.first} to #{@threads.last}, or not be " <>
        "set (512), got: #{inspect(other, limit: 5)}"
    )
  end

  defp heap_limit!(opts, configured, key) do
    case {integer!(opts, key, @int64), integer!(configured, key, @int64)} do
      {own, nil} ->
        own

      {nil, all} ->
        all

      {same, same} ->
        same

      {own, all} ->
        refuse(
          "the option #{inspect(key)} applies to the whole VM: #{own} is not what config :ecto_libsql sets, #{all}"
        )
    end
  end
end
