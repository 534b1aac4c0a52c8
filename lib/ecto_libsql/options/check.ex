defmodule EctoLibSql.Options.Check do
  @moduledoc false
  # Reads one option of a kind, or refuses it by name. Refusals are thrown to Options.parse/1.

  @spec refuse(String.t()) :: no_return()
  def refuse(message), do: throw({:refused, message})

  # For options that are no secrets.
  @spec refuse(atom(), String.t(), term()) :: no_return()
  def refuse(key, expected, got) do
    refuse(
      "the option #{inspect(key)} must be #{expected}, got: " <>
        inspect(got, limit: 5, printable_limit: 50)
    )
  end

  @spec integer!(keyword(), atom(), Range.t()) :: integer() | nil
  def integer!(opts, key, first..last//1) do
    case opts[key] do
      nil -> nil
      value when is_integer(value) and value in first..last//1 -> value
      other -> refuse(key, "an integer from #{first} to #{last}", other)
    end
  end

  @spec boolean!(keyword(), atom()) :: boolean() | nil
  def boolean!(opts, key) do
    case opts[key] do
      nil -> nil
      on when on in [true, :on] -> true
      off when off in [false, :off] -> false
      other -> refuse(key, ":on, :off or a boolean", other)
    end
  end

  @doc "A pid or the name of a process."
  @spec process!(keyword(), atom()) :: pid() | atom()
  def process!(opts, key) do
    case opts[key] do
      process when is_pid(process) or is_atom(process) -> process
      other -> refuse(key, "a pid or the name of a registered process", other)
    end
  end

  @spec binary!(keyword(), atom()) :: binary() | nil
  def binary!(opts, key) do
    case opts[key] do
      value when is_binary(value) or is_nil(value) -> value
      _ -> refuse("the option #{inspect(key)} must be a binary")
    end
  end
end
