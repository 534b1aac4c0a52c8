defmodule Ecto.Adapters.LibSql.Options.Query do
  @moduledoc false
  # The options of a Repo function, checked before anything runs: a wrong value and a misspelt name are refused,
  # which would otherwise be ignored or fail somewhere deep. Applications pass options of their own through Repo
  # functions, for their `prepare_query/3` and `default_options/1` or to telemetry (Ecto's guide to multi-tenancy
  # has `org_id: 1` and `skip_org_id: true`), and all of them arrive here. So a name that is like no known one
  # belongs to the application.

  alias EctoLibSql.Options.Names

  # What an application may write. Sources: Ecto.Repo, Ecto.Adapters.SQL, DBConnection and this adapter.
  @options ~w(
    timeout deadline queue log checkout_retries
    prefix stacktrace cast_params log_stacktrace_mfa telemetry_event telemetry_options
    returning on_conflict conflict_target placeholders stale_error_field stale_error_message allow_stale force
    in_parallel on_preloader_spawn max_rows
    cache comment decode fkey_names mode retry
  )a

  # What Ecto, its migrator, DBConnection and the sandbox add themselves; mostly not for applications to write.
  @added ~w(
    caller source cache_statement ecto_query schema_migration repo name
    pool pool_size pool_count queue_target queue_interval
    ownership_timeout sandbox sandbox_subtransaction isolation label
  )a

  @known @options ++ @added

  # From this String.jaro_distance/2 on, an unknown name counts as a misspelling of a known one.
  @misspelling_threshold 0.9

  @doc "Names that a call may have among its options."
  @spec known() :: [atom()]
  def known, do: @known

  @spec check!(keyword()) :: :ok
  def check!([{:timeout, value} | rest])
      when value == :infinity or (is_integer(value) and value >= 0),
      do: check!(rest)

  def check!([{:decode, value} | rest]) when value in [nil, :declared], do: check!(rest)
  def check!([{:cache, value} | rest]) when is_boolean(value), do: check!(rest)
  def check!([{:fkey_names, value} | rest]) when is_boolean(value), do: check!(rest)
  def check!([{:comment, value} | rest]) when is_binary(value) or is_nil(value), do: check!(rest)
  def check!([{:timeout, value} | _]), do: refuse!(:timeout, "milliseconds or :infinity", value)
  def check!([{:decode, value} | _]), do: refuse!(:decode, ":declared", value)
  def check!([{:cache, value} | _]), do: refuse!(:cache, "true or false", value)
  def check!([{:fkey_names, value} | _]), do: refuse!(:fkey_names, "true or false", value)
  def check!([{:comment, value} | _]), do: refuse!(:comment, "a string", value)
  def check!([{key, _value} | rest]) when key in @known, do: check!(rest)

  def check!([{key, value} | rest]) do
    unless own?(key), do: Names.check!([{key, value}], @options, "a query or a transaction")
    check!(rest)
  end

  def check!([]), do: :ok

  # Remembered, because an application's own options come with each of its calls.
  defp own?(key) do
    case :persistent_term.get({__MODULE__, key}, nil) do
      nil ->
        own? = not Enum.any?(@options, &misspelt?(Atom.to_string(key), Atom.to_string(&1)))
        :persistent_term.put({__MODULE__, key}, own?)
        own?

      own? ->
        own?
    end
  end

  # Short names are near to many words (:mode, :model), so there all letters must be the same.
  defp misspelt?(name, known) do
    if String.length(known) < 5,
      do: name |> String.graphemes() |> Enum.sort() == known |> String.graphemes() |> Enum.sort(),
      else: String.jaro_distance(name, known) >= @misspelling_threshold
  end

  @spec refuse!(atom(), String.t(), term()) :: no_return()
  def refuse!(key, expected, value) do
    raise ArgumentError,
          "the option #{inspect(key)} must be #{expected}, got: " <>
            inspect(value, limit: 5, printable_limit: 50)
  end
end
