defmodule Ecto.Adapters.LibSql.Options.Query do
  @moduledoc false
  # The options of a call, before anything runs: a value that would be ignored, or fail somewhere deep,
  # is refused by its name. Unknown keys are for others: telemetry, prepare_query and the like.

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
  def check!([_other | rest]), do: check!(rest)
  def check!([]), do: :ok

  @spec refuse!(atom(), String.t(), term()) :: no_return()
  def refuse!(key, expected, value) do
    raise ArgumentError,
          "the option #{inspect(key)} must be #{expected}, got: " <>
            inspect(value, limit: 5, printable_limit: 50)
  end
end
