defmodule EctoLibSql.Options.Check do
  @moduledoc false
  # Reads one option of a kind, or refuses it by name. Refusals are thrown to Options.parse/1.

  @spec refuse(String.t()) :: no_return()
  def refuse(message), do: throw({:refused, message})

  @spec keyword!(term()) :: :ok
  def keyword!(opts) do
    if Keyword.keyword?(opts), do: :ok, else: refuse("connection options must be a keyword list")
  end

  @spec integer!(keyword(), atom(), integer() | nil) :: integer() | nil
  def integer!(opts, key, minimum) do
    case opts[key] do
      nil -> nil
      value when is_integer(value) and (minimum == nil or value >= minimum) -> value
      _ when minimum == nil -> refuse("the option #{inspect(key)} must be an integer")
      _ -> refuse("the option #{inspect(key)} must be an integer of at least #{minimum}")
    end
  end

  @spec boolean!(keyword(), atom()) :: boolean() | nil
  def boolean!(opts, key) do
    case opts[key] do
      nil -> nil
      on when on in [true, :on] -> true
      off when off in [false, :off] -> false
      _ -> refuse("the option #{inspect(key)} must be :on, :off or a boolean")
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
