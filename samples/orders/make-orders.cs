#!/usr/bin/env -S dotnet run
// Makes orders.jsonl and initial.json, always the same:
//
//     dotnet run make-orders.cs [FOLDER [ORDERS [SEED]]]
//
// 500 customers, 200 products, orders of one to five lines. One product in eight is scarce and one customer in twelve
// is short of money, so that about every tenth order must be refused, for one reason or the other.
#:property RestorePackagesWithLockFile=false
#:property PublishAot=false

using System.Globalization;
using System.Text;

const int Customers = 500;
const int Products = 200;
const int LinesMax = 5;
const int QuantityMax = 4;

string folder = args.Length > 0 ? args[0] : ".";
int count = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10_000;
ulong state = args.Length > 2 ? ulong.Parse(args[2], CultureInfo.InvariantCulture) : 20_260_101;

// Popular products are ordered more often: the product of two even draws leans to the small numbers.
int Popular(int bound) => (int)((long)Draw(bound) * (Draw(bound) + 1) / bound);

long PriceOf(int product) => 199 + (product * 7_919L % 4_800);

long[] demand = new long[Products + 1];
long[] spending = new long[Customers + 1];
StringBuilder orders = new();
for (int number = 1; number <= count; number++)
{
    int customer = 1 + Draw(Customers);
    int lines = 1 + Math.Min(Draw(LinesMax), Draw(LinesMax));
    long amount = 0;
    orders.Append(
        CultureInfo.InvariantCulture, $"{{\"id\":\"o-{number:D6}\",\"customer\":\"c-{customer}\",\"lines\":[");
    for (int line = 0; line < lines; line++)
    {
        int product = 1 + Popular(Products);
        int quantity = 1 + Draw(QuantityMax);
        demand[product] += quantity;
        amount += quantity * PriceOf(product);
        orders.Append(
            CultureInfo.InvariantCulture,
            $"{(line > 0 ? "," : "")}{{\"sku\":\"s-{product}\",\"quantity\":{quantity}}}");
    }

    spending[customer] += amount;
    orders.Append(CultureInfo.InvariantCulture, $"],\"amount\":{amount}}}\n");
}

StringBuilder initial = new("{\"stock\":{");
for (int product = 1; product <= Products; product++)
{
    // Scarce: two thirds of what will be asked for. Otherwise there is enough for everybody.
    long stock = product % 8 == 3 ? demand[product] * 2 / 3 : demand[product] + 100;
    initial.Append(CultureInfo.InvariantCulture, $"{(product > 1 ? "," : "")}\n\"s-{product}\":{stock}");
}

initial.Append("\n},\"accounts\":{");
for (int customer = 1; customer <= Customers; customer++)
{
    long balance = customer % 12 == 5 ? spending[customer] / 2 : spending[customer] + 50_000;
    initial.Append(CultureInfo.InvariantCulture, $"{(customer > 1 ? "," : "")}\n\"c-{customer}\":{balance}");
}

initial.Append("\n}}\n");
File.WriteAllText(Path.Combine(folder, "orders.jsonl"), orders.ToString());
File.WriteAllText(Path.Combine(folder, "initial.json"), initial.ToString());

// A number from 0 to bound - 1. SplitMix64, so that every run and every .NET draws the same.
int Draw(int bound)
{
    state += 0x9E3779B97F4A7C15;
    ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return (int)((mixed ^ (mixed >> 31)) % (ulong)bound);
}
